/** NVIDIA's device plugin, by which a node offers its GPUs: looked at where a node that is on offers none. */
import { ApiError, type ClusterApi } from "../api/index.ts";
import type { GpuNode } from "./node.ts";

/** What is read of a DaemonSet. */
export interface DaemonSet {
  metadata: { name: string; namespace: string };
  spec: { template: { spec: { runtimeClassName?: string; containers: { image?: string }[] } } };
}

/**
 * The device plugin, where nodes are on and offer no GPU and it runs without NVIDIA's runtime: it then waits for a card for ever.
 * Undefined also where these credentials may not look.
 */
export async function readBlindPlugin(
  api: ClusterApi,
  nodes: readonly GpuNode[],
): Promise<DaemonSet | undefined> {
  const on = nodes.filter(({ ready }) => ready);
  if (on.length === 0 || on.some(({ allocatable }) => allocatable > 0)) {
    return undefined;
  }
  const found = await api.get<{ items: DaemonSet[] }>("/apis/apps/v1/daemonsets").catch((error: unknown) => {
    if (error instanceof ApiError) {
      return undefined;
    }
    throw error;
  });
  return found?.items.find(({ spec: { template } }) => {
    const { runtimeClassName, containers } = template.spec;
    return (
      runtimeClassName === undefined && containers.some(({ image = "" }) => /k8s-device-plugin/.test(image))
    );
  });
}

/** Why it sees no card, as half a sentence. */
export function blindPluginText({ metadata: { name, namespace } }: DaemonSet): string {
  return `DaemonSet ${namespace}/${name} of NVIDIA's device plugin has no runtimeClassName, so it sees no card unless NVIDIA's runtime is the default one`;
}

/** The command that gives it NVIDIA's runtime. @param runtimeClass as the settings name it */
export function withRuntimeClass({ metadata: { name, namespace } }: DaemonSet, runtimeClass: string): string {
  const patch = { spec: { template: { spec: { runtimeClassName: runtimeClass } } } };
  return `kubectl patch daemonset ${name} -n ${namespace} --type merge -p '${JSON.stringify(patch)}'`;
}
