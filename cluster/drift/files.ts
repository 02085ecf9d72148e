/** What the next update would change by the files alone, whatever the cluster holds: the program against the state. Pure. */
import { type Manifest, manifestsOf } from "../../stacks/manifests/index.ts";
import type { Plan } from "../../stacks/plan/index.ts";
import { checksumAnnotation, names } from "../../stacks/vocabulary/names.ts";
import { claimObject, objectTitle, titleOf } from "../../stacks/vocabulary/objects.ts";
import { type Claim, claimData } from "../claim/index.ts";
import { byFlags } from "../fields/arguments.ts";
import { fieldChanges, undeclaredFields } from "../fields/changes.ts";
import type { Drift } from "./item.ts";
import { contentOf, values } from "./object.ts";

/**
 * What a plan declares, with what only stack and cluster know taken from what was applied.
 * @param applied the state's objects, or the live Deployment where there is no state
 */
export function programObjects(
  plan: Plan,
  claim: Claim | undefined,
  applied: readonly Manifest[],
): Manifest[] {
  const checksum = checksumIn(applied.find((one) => titleOf(one) === `Deployment/${names.deployment}`));
  return manifestsOf(plan, {
    ...(claim === undefined ? {} : { claim: claimData(claim), switchNumber: claim.switchNumber }),
    ...(checksum === undefined ? {} : { secretsChecksum: checksum }),
  });
}

/** The claim is what an update writes of itself, and says nothing that the others do not. */
export function filesDrift(program: readonly Manifest[], applied: readonly Manifest[]): Drift[] {
  const of = { part: "files", fix: "update" } as const;
  const titles = new Set(
    [...applied, ...program].map(titleOf).filter((title) => title !== objectTitle(claimObject)),
  );
  return [...titles].flatMap((object): Drift[] => {
    const [before, after] = [applied, program].map((all) => all.find((one) => titleOf(one) === object));
    if (before === undefined || after === undefined) {
      return [{ ...of, kind: before === undefined ? "missing" : "undeclared", object }];
    }
    // Of a volume that is there, only the size changes, and no file holds a Secret's values.
    const [old, next] = [before, after].map(comparable);
    return [
      ...fieldChanges(next, old)
        .flatMap(byFlags)
        .map(
          ({ field, declared, found }): Drift => ({
            ...of,
            kind: declared === undefined ? "added" : "changed",
            object,
            field,
            ...values(field, declared, found),
          }),
        ),
      ...undeclaredFields(next, old).map(({ field }): Drift => ({ ...of, kind: "added", object, field })),
    ];
  });
}

function comparable(manifest: Manifest): object {
  const content = contentOf(manifest) as { spec?: Record<string, unknown> };
  if (manifest.kind !== "PersistentVolumeClaim") {
    return content;
  }
  const { storageClassName: _class, accessModes: _modes, ...spec } = content.spec ?? {};
  return { ...content, spec };
}

function checksumIn(deployment: Manifest | undefined): string | undefined {
  const spec = deployment?.spec as { template?: { metadata?: Manifest["metadata"] } } | undefined;
  const checksum = spec?.template?.metadata?.annotations?.[checksumAnnotation];
  return typeof checksum === "string" ? checksum : undefined;
}
