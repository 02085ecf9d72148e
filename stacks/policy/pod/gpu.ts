// The one card: who has it, and that nobody waits for it in vain.
import { at, type Breach, breach, mustBe, placeOf } from "../base/place.ts";
import { definePolicy } from "../base/policy.ts";
import { isServer, podsOf, serverContainer } from "./pods.ts";

const gpu = "nvidia.com/gpu";

export const oneGpu = definePolicy(
  {
    name: "one-gpu",
    scope: "object",
    demands:
      "The server's container has one GPU, no other pod has any, and the server's Deployment replaces its pod by `Recreate`: a rolling update would start the new pod before the old one gives the only card away, and wait for ever.",
  },
  (manifests) =>
    podsOf(manifests).flatMap((pod): Breach[] => {
      const server = isServer(pod.owner) ? serverContainer(pod) : undefined;
      const others = pod.containers.filter(({ field }) => field !== server?.field);
      return [
        ...others.flatMap((container) => {
          const asked = at(container, "resources", "limits", gpu);
          return asked.value === undefined ? [] : [breach(asked, "Remove it: the GPU is the server's")];
        }),
        ...(server === undefined
          ? []
          : [
              ...["requests", "limits"].flatMap((kind) => {
                const asked = at(server, "resources", kind, gpu);
                return String(asked.value) === "1" ? [] : [breach(asked, "Set it to 1")];
              }),
              ...mustBe(at(placeOf(pod.owner), "spec", "strategy", "type"), "Recreate"),
            ]),
      ];
    }),
);
