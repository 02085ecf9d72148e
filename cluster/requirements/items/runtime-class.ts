import { byHand, listed, type Proposer, together, wanted } from "./proposal.ts";
import type { Requirement } from "./requirement.ts";

const path = "/apis/node.k8s.io/v1/runtimeclasses";

/** The RuntimeClass without which no pod of the server can be made. */
export const runtimeClass: Requirement & Proposer = {
  item: "RuntimeClass",
  concerns: ({ serves }) => serves,
  paths: ({ settings }) => [`${path}/${settings.gpuNode.runtimeClass}`],
  byHand: "kubectl get runtimeclass",
  judge({ settings }, read) {
    const name = settings.gpuNode.runtimeClass;
    const found = read<{ handler?: string }>(`${path}/${name}`);
    return found === undefined
      ? {
          state: "fault",
          found: `there is no RuntimeClass ${name}, so no pod of the server can be made`,
          fix: "Install NVIDIA's container toolkit on the node and restart k3s there, which then makes it; or name another one in gpuNode.runtimeClass",
        }
      : { state: "ok", found: `${name}, handler ${found.handler ?? "unknown"}` };
  },
  lists: [path],
  propose(read, { settings }) {
    const current = settings.gpuNode.runtimeClass;
    const classes = listed<{ handler?: string }>(read, path) ?? [];
    if (classes.some(({ metadata }) => metadata.name === current)) {
      return together([]);
    }
    const other = classes.find(({ handler = "" }) => /nvidia/.test(handler));
    return other === undefined
      ? byHand({
          key: "gpuNode.runtimeClass",
          why: `there is no RuntimeClass ${current}, nor another one of NVIDIA's runtime`,
          look: "`kubectl get runtimeclass`; k3s makes it where it finds NVIDIA's container toolkit",
        })
      : wanted({
          path: ["gpuNode", "runtimeClass"],
          value: other.metadata.name,
          why: `its handler is ${other.handler}`,
        });
  },
};
