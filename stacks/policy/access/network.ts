// Who may open a connection to a server inside the cluster.
import type { Manifest } from "../../manifests/index.ts";
import { at, type Breach, breach, itemsAt, must, placeOf } from "../base/place.ts";
import { definePolicy } from "../base/policy.ts";
import { type Pod, podsOf } from "../pod/pods.ts";
import { selects } from "./selects.ts";

export const fencedPod = definePolicy(
  {
    name: "fenced-pod",
    scope: "stack",
    demands:
      "A NetworkPolicy is over each Deployment's pods and names who may come in, and to which port: both servers answer whoever reaches them unless a key is asked for.",
  },
  (manifests) =>
    podsOf(manifests)
      .filter(({ owner }) => owner.kind === "Deployment")
      .flatMap((pod) => judge(manifests, pod)),
);

function judge(manifests: readonly Manifest[], { owner, labels }: Pod): Breach[] {
  const fences = manifests
    .filter(({ kind }) => kind === "NetworkPolicy")
    .map(placeOf)
    .filter((fence) => selects(at(fence, "spec", "podSelector"), labels.value));
  return fences.length === 0
    ? [
        breach(
          { object: `NetworkPolicy/${owner.metadata.name}`, field: "", value: undefined },
          `Declare one whose podSelector matches the pods of ${owner.kind}/${owner.metadata.name}`,
        ),
      ]
    : fences.flatMap((fence) => {
        const types = at(fence, "spec", "policyTypes");
        return [
          ...must(
            types,
            Array.isArray(types.value) && types.value.includes("Ingress"),
            "Set it to [Ingress]",
          ),
          ...itemsAt(fence, "spec", "ingress").flatMap((way) =>
            ["from", "ports"].map((key) => at(way, key)).flatMap(notEmpty),
          ),
        ];
      });
}

/** An empty list lets everybody in. */
function notEmpty(place: ReturnType<typeof at>): Breach[] {
  return must(
    place,
    Array.isArray(place.value) && place.value.length > 0,
    "Name those who are meant; with none named, all are let in",
  );
}
