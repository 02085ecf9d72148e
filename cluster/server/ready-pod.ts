interface Pod {
  metadata?: { deletionTimestamp?: unknown };
  status?: { conditions?: { type: string; status: string }[] };
}

/** Whether a Service sends requests to a pod. */
export function isReadyPod({ metadata, status }: Pod): boolean {
  return (
    metadata?.deletionTimestamp === undefined &&
    (status?.conditions ?? []).some(({ type, status: is }) => type === "Ready" && is === "True")
  );
}
