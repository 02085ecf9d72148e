/** Where the pods are in the objects that make some, and the server's among them. */
import type { Manifest } from "../../manifests/index.ts";
import { containers, names } from "../../vocabulary/names.ts";
import { at, itemsAt, type Place, placeOf } from "../base/place.ts";

export interface Pod {
  /** The object that makes it. */
  readonly owner: Manifest;
  readonly labels: Place;
  readonly spec: Place;
  readonly containers: readonly Place[];
  readonly initContainers: readonly Place[];
}

/** The way to the template in objects that make pods; each other kind that has one has it in `spec.template`. */
const templates: Readonly<Record<string, readonly string[]>> = {
  CronJob: ["spec", "jobTemplate", "spec", "template"],
  Pod: [],
};

/** The pods that the objects make, one for each object. */
export function podsOf(manifests: readonly Manifest[]): Pod[] {
  return manifests.flatMap((owner) => {
    const template = at(placeOf(owner), ...(templates[owner.kind] ?? ["spec", "template"]));
    const spec = at(template, "spec");
    return at(spec, "containers").value === undefined
      ? []
      : [
          {
            owner,
            labels: at(template, "metadata", "labels"),
            spec,
            containers: itemsAt(spec, "containers"),
            initContainers: itemsAt(spec, "initContainers"),
          },
        ];
  });
}

/** The server's pod; none in objects without its Deployment. */
export function serverPods(manifests: readonly Manifest[]): Pod[] {
  return podsOf(manifests).filter(({ owner }) => isServer(owner));
}

export function isServer({ kind, metadata }: Manifest): boolean {
  return kind === "Deployment" && metadata.name === names.deployment;
}

/** The server's own container, also where the pod has lost it. */
export function serverContainer({ spec, containers: all }: Pod): Place {
  const found = all.find(({ value }) => Object(value).name === containers.server);
  const { object, field } = at(spec, "containers");
  return found ?? { object, field: `${field}[${containers.server}]`, value: undefined };
}

/** All that run in a pod, one after the other or at once. */
export function allContainers({ initContainers, containers: all }: Pod): Place[] {
  return [...initContainers, ...all];
}
