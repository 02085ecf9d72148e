/** What a stack last applied, by its state as `pulumi stack export` gives it. Pure. */
import type { Manifest } from "../../stacks/manifests/index.ts";
import type { Identity } from "../claim/identity.ts";

export interface AppliedState {
  /** The Kubernetes objects as they were last applied; a Secret without its values. */
  objects: Manifest[];
  /** What the state remembers of itself; absent in one that nothing was applied from. */
  identity?: Identity;
  /** Whether an operation has begun in it and not ended. */
  isUnfinished: boolean;
}

interface Exported {
  deployment?: {
    resources?: { type: string; delete?: boolean; inputs?: Record<string, unknown> }[];
    pending_operations?: unknown[];
  };
}

/** @throws SyntaxError for what is no JSON */
export function appliedState(exported: string): AppliedState {
  const { resources = [], pending_operations: pending = [] } =
    (JSON.parse(exported) as Exported).deployment ?? {};
  const living = resources.filter((one) => one.delete !== true);
  const remembered = living
    .map(({ inputs }) => (inputs?.environment as Record<string, unknown> | undefined)?.VLLM_PLATFORM_IDENTITY)
    .find((text) => typeof text === "string");
  const objects = living
    .filter(({ type }) => type.startsWith("kubernetes:"))
    .map(({ inputs }) => inputs as Manifest | undefined)
    .filter((inputs) => inputs?.kind !== undefined && inputs.metadata?.name !== undefined)
    .map((inputs) => plain(inputs as Manifest));
  return {
    objects,
    isUnfinished: pending.length > 0,
    ...(remembered === undefined ? {} : { identity: JSON.parse(remembered as string) as Identity }),
  };
}

/** Without what only the engine reads, and without secret values. */
function plain({ data, ...manifest }: Manifest): Manifest {
  return {
    ...(withoutEngineFields(manifest) as Manifest),
    ...(data === undefined || manifest.kind === "Secret" ? {} : { data: withoutEngineFields(data) }),
  };
}

/** The key by which the engine marks a value that is not plain. */
const signature = "4dabf18193072939515e22adb298388d";

function withoutEngineFields(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(withoutEngineFields);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => !key.startsWith("__") && !isMarked(inner))
      .map(([key, inner]) => [key, withoutEngineFields(inner)]),
  );
}

function isMarked(value: unknown): boolean {
  return typeof value === "object" && value !== null && signature in value;
}
