import type { Look } from "./requirement.ts";

/** The RuntimeClass without which no pod of the server can be made. */
export const runtimeClass: Look = {
  item: "RuntimeClass",
  concerns: ({ serves }) => serves,
  paths: ({ settings }) => [pathOf(settings.gpuNode.runtimeClass)],
  byHand: "kubectl get runtimeclass",
  judge({ settings }, read) {
    const name = settings.gpuNode.runtimeClass;
    const found = read<{ handler?: string }>(pathOf(name));
    return found === undefined
      ? {
          state: "fault",
          found: `there is no RuntimeClass ${name}, so no pod of the server can be made`,
          fix: "Install NVIDIA's container toolkit on the node and restart k3s there, which then makes it; or name another one in gpuNode.runtimeClass",
        }
      : { state: "ok", found: `${name}, handler ${found.handler ?? "unknown"}` };
  },
};

function pathOf(name: string): string {
  return `/apis/node.k8s.io/v1/runtimeclasses/${name}`;
}
