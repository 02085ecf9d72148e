/** What is declared, and how the live objects differ from it. Pure. */
import { type Claim, type Holder, readClaim } from "../../cluster/claim/index.ts";
import type { Live } from "../../cluster/claim/read.ts";
import { filesDrift, programObjects } from "../../cluster/drift/files.ts";
import type { Drift } from "../../cluster/drift/item.ts";
import { objectDrift } from "../../cluster/drift/object.ts";
import type { AppliedState } from "../../cluster/drift/state.ts";
import { leftoversOf } from "../../cluster/survey/leftovers.ts";
import type { Manifest } from "../../stacks/manifests/index.ts";
import type { Plan } from "../../stacks/plan/index.ts";
import {
  apiKeyObject,
  claimObject,
  objectTitle,
  type PlatformObject,
  possibleObjects,
  titleOf,
} from "../../stacks/vocabulary/objects.ts";
import type { StateFound } from "./state.ts";

/** The key's Secret, whose values no file holds: one without a usable key. */
function keyDrift(plan: Plan | undefined, live: Live): Drift[] {
  const { fault } = live.apiKey;
  const of = { part: "cluster", kind: "changed", object: objectTitle(apiKeyObject), field: "data" } as const;
  return plan?.apiKey && fault !== undefined && live.of(apiKeyObject) !== undefined
    ? [{ ...of, detail: fault, fix: "update" }]
    : [];
}

/** What is declared, by whom that is told, and by the files alone. */
export interface Declared {
  against: "state" | "files" | null;
  objects: Manifest[];
  /** What the files declare; undefined where they are refused. */
  program: Manifest[] | undefined;
  notes: string[];
}

export function declaredBy(holder: Holder, state: StateFound, plan: Plan | undefined, live: Live): Declared {
  const [own, notes] = ownState(state, holder);
  const applied = own?.objects ?? manifestOf(live.deployment);
  const claim = claimIn(own?.objects ?? []) ?? holder.claim;
  const program = plan === undefined ? undefined : programObjects(plan, claim, applied);
  return own === undefined
    ? { against: program === undefined ? null : "files", objects: program ?? [], program, notes }
    : { against: "state", objects: own.objects, program, notes };
}

/** Everything that is declared and may be read, compared. */
export function compareObjects(
  { against, objects, program }: Declared,
  holder: Holder,
  live: Live,
  plan: Plan | undefined,
): Drift[] {
  const claim = objectTitle(claimObject);
  const left = plan === undefined ? [] : leftoversOf(plan, live.of).removable.map(objectTitle);
  return [
    ...holder.warnings.map(
      (detail): Drift => ({ part: "cluster", kind: "claim", object: claim, detail, fix: "update" }),
    ),
    ...objects
      .map((one) => ({ one, object: identityOf(one) }))
      .filter(({ object }) => live.refusal(object) === undefined)
      .flatMap(({ one, object }) => objectDrift(one, live.of(object))),
    ...keyDrift(plan, live),
    ...left
      .filter((title) => !objects.some((one) => titleOf(one) === title))
      .map((object): Drift => ({ part: "cluster", kind: "undeclared", object, fix: "update" })),
    ...(against === "state" && program !== undefined ? filesDrift(program, objects) : []),
  ];
}

/** The state that declared what is live, and what is to be said where that is not at hand. */
function ownState(
  { applied, absent }: StateFound,
  { claim, stack }: Holder,
): [AppliedState | undefined, string[]] {
  const only = "so the cluster is compared with the files only";
  if (applied === undefined) {
    return [undefined, absent === undefined ? [] : [`${absent}, ${only}.`]];
  }
  // A state that nothing was applied from has no identity, as after `pulumi stack init` in a new backend.
  const isOther = claim?.state !== undefined && claim.state !== applied.identity?.state;
  return isOther
    ? [
        undefined,
        [`The active mode was declared by another state of stack ${stack} than the one here, ${only}.`],
      ]
    : [applied, []];
}

function claimIn(objects: readonly Manifest[]): Claim | undefined {
  const found = objects.find((one) => titleOf(one) === objectTitle(claimObject));
  return readClaim(found as Parameters<typeof readClaim>[0])?.claim;
}

function manifestOf(deployment: Live["deployment"]): Manifest[] {
  return deployment === undefined ? [] : [deployment as unknown as Manifest];
}

/** By which it is found in the API server. */
export function identityOf(declared: Manifest): PlatformObject {
  const object = possibleObjects.find((one) => objectTitle(one) === titleOf(declared));
  if (object === undefined) {
    throw new Error(`${titleOf(declared)} is no object of the platform`);
  }
  return object;
}
