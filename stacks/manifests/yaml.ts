import { stringify } from "yaml";
import type { Manifest } from "./manifest.ts";

/** Annotations by which Pulumi is told how to treat an object. */
const ofPulumi = "pulumi.com/";

/** The fields in which people write an object; all others follow by name. */
const firstFields = ["apiVersion", "kind", "metadata", "name", "namespace"];

/**
 * YAML of several objects, the same bytes for the same objects: fields in a fixed order, no line is folded.
 * A Secret without its values says so.
 */
export function manifestsYaml(manifests: readonly Manifest[], heading: string): string {
  const documents = manifests.map((manifest) => {
    const withheld = manifest.kind === "Secret" && !("data" in manifest) && !("stringData" in manifest);
    const note = withheld ? "# Its values are withheld: render with --show-secrets.\n" : "";
    return `${note}${stringify(inOrder(manifest), { lineWidth: 0, aliasDuplicateObjects: false })}`;
  });
  return `${heading
    .split("\n")
    .map((line) => `# ${line}\n`)
    .join("")}---\n${documents.join("---\n")}`;
}

/**
 * The manifests as somebody applies and deletes them who does not use Pulumi: without its annotations, and without the
 * namespace, in which others live and which a `kubectl delete -f` would take away with all of them.
 */
export function plainManifests(manifests: readonly Manifest[]): Manifest[] {
  return manifests
    .filter(({ kind }) => kind !== "Namespace")
    .map(({ metadata: { annotations = {}, ...metadata }, ...manifest }) => {
      const kept = Object.entries(annotations).filter(([name]) => !name.startsWith(ofPulumi));
      return {
        ...manifest,
        metadata: {
          ...metadata,
          ...(kept.length === 0 ? {} : { annotations: Object.fromEntries(kept) }),
        },
      } as Manifest;
    });
}

/** A copy with every object's fields in a fixed order; lists keep theirs. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(inOrder);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const rank = (field: string) =>
    firstFields.includes(field) ? firstFields.indexOf(field) : firstFields.length;
  const fields = Object.entries(value).sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([field, inner]) => [field, inOrder(inner)]));
}
