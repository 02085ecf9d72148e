import type { Manifest } from "./manifest.ts";

/** Annotations by which Pulumi is told how to treat an object. */
const ofPulumi = "pulumi.com/";

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
