// Where the platform's objects are, and by what they are known.
import type { Manifest } from "../manifests/index.ts";
import { modeLabel, names, ownerLabels } from "../vocabulary/names.ts";
import { at, type Breach, breach, mustBe, placeOf } from "./base/place.ts";
import { definePolicy } from "./base/policy.ts";
import { isServer } from "./pod/pods.ts";

/** A namespace may be somebody's, so nothing of it but its name is the platform's. */
function isOwnNamespace({ kind, metadata }: Manifest): boolean {
  return kind === "Namespace" && metadata.name === names.namespace;
}

export const ownNamespace = definePolicy(
  {
    name: "own-namespace",
    scope: "object",
    demands: `Each object is in namespace \`${names.namespace}\`, or is that namespace: one of the whole cluster is everybody's, and neither a switch nor a destroy with the documented rights would take it away.`,
  },
  (manifests) =>
    manifests
      .filter((manifest) => !isOwnNamespace(manifest))
      .flatMap((manifest) => mustBe(at(placeOf(manifest), "metadata", "namespace"), names.namespace)),
);

const described = ["name", "instance", "component"].map((word) => `app.kubernetes.io/${word}`);

export const knownByLabels = definePolicy(
  {
    name: "known-by-labels",
    scope: "object",
    demands: `Each object carries the recommended labels of Kubernetes and says that it is the platform's, and the server's Deployment which mode and version it is: by them leftovers are found, and nobody else's object is taken for one.`,
  },
  (manifests) => manifests.filter((manifest) => !isOwnNamespace(manifest)).flatMap(judgeLabels),
);

function judgeLabels(manifest: Manifest): Breach[] {
  const labels = at(placeOf(manifest), "metadata", "labels");
  const written = [...described, ...(isServer(manifest) ? [modeLabel, "app.kubernetes.io/version"] : [])];
  return [
    ...Object.entries(ownerLabels).flatMap(([key, value]) => mustBe(at(labels, key), value)),
    ...written
      .map((key) => at(labels, key))
      .filter(({ value }) => typeof value !== "string" || value === "")
      .map((label) => breach(label, "Add it, as stacks/manifests/metadata.ts does")),
  ];
}
