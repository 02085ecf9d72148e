/** What `pulumi preview --json` prints, as what an update would touch. Pure. */
import { harmless } from "../system/terminal/foreign-text.ts";
import { problemsOf } from "./problems.ts";

/** A resource that an update would touch. */
export interface PreviewStep {
  readonly change: "create" | "update" | "replace" | "delete";
  /** `Deployment/vllm-server` of a Kubernetes object; of any other its type and its name in the program. */
  readonly resource: string;
  /** Whether it is a Kubernetes object. */
  readonly isObject: boolean;
  /** Paths of the fields that differ, as pulumi writes them; none of what comes or goes. */
  readonly fields: readonly string[];
  /** Those of them for which it is replaced. */
  readonly replacedFor: readonly string[];
  /** Whether pods that run are made anew. */
  readonly restartsPods: boolean;
}

/** Why a preview did not succeed. */
export interface PreviewProblem {
  /** The Kubernetes object that the API server refuses; none where the program or the engine says it. */
  readonly object?: string;
  readonly words: string;
}

export interface Previewed {
  /** Whether an update would do anything at all. */
  readonly differs: boolean;
  readonly steps: readonly PreviewStep[];
  readonly problems: readonly PreviewProblem[];
}

/** What one run of pulumi tells. */
interface PreviewRun extends Previewed {
  /** URNs of the objects that the API server refuses. */
  readonly refused: readonly string[];
}

interface Printed {
  readonly steps?: readonly Step[];
  readonly diagnostics?: readonly { urn?: string; severity: string; message: string }[];
  readonly changeSummary?: Readonly<Record<string, number>>;
}

interface Step {
  readonly op: string;
  readonly urn: string;
  readonly oldState?: State;
  readonly newState?: State;
  readonly detailedDiff?: Readonly<Record<string, { kind: string }>> | null;
}

interface State {
  readonly inputs?: {
    readonly kind?: string;
    readonly metadata?: { readonly name?: string };
    readonly spec?: { readonly replicas?: number };
  };
}

/** The same of a preview that failed; undefined where it failed without a word on standard output, so before it had begun. */
export function failedPreviewIn(output: string): PreviewRun | undefined {
  try {
    const preview = previewIn(output);
    return preview.problems.length === 0 ? undefined : preview;
  } catch {
    return undefined; // also one that was killed while it printed
  }
}

/** @throws SyntaxError where it is none */
export function previewIn(output: string): PreviewRun {
  const { steps = [], diagnostics = [], changeSummary = {} } = JSON.parse(output) as Printed;
  const touched = steps.flatMap((step): PreviewStep[] => {
    const change = changes.find((one) => one === step.op);
    return change === undefined || isFrame(typeIn(step.urn)) ? [] : [stepOf(step, change)];
  });
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  const problems = errors.flatMap(({ urn, message }) =>
    problemsOf([message]).map((words) => ({ ...objectIn(urn, steps), words: harmless(words) })),
  );
  const telling = problems.filter(({ words }) => words !== "preview failed");
  return {
    differs: Object.entries(changeSummary).some(([operation, count]) => operation !== "same" && count > 0),
    steps: inOrder(touched),
    problems: byObject(telling.length > 0 ? telling : problems),
    refused: [...new Set(errors.flatMap(({ urn }) => (urn !== undefined && isObject(urn) ? [urn] : [])))],
  };
}

/** What two runs tell of one update, of which the second leaves out what the first one saw refused. */
export function together(first: Previewed, second: Previewed): Previewed {
  const seen = new Set(second.steps.map(({ resource }) => resource));
  const known = new Set(first.problems.map(keyOf));
  return {
    differs: first.differs || second.differs,
    steps: inOrder([...second.steps, ...first.steps.filter(({ resource }) => !seen.has(resource))]),
    problems: byObject([...first.problems, ...second.problems.filter((one) => !known.has(keyOf(one)))]),
  };
}

const keyOf = ({ object, words }: PreviewProblem): string => JSON.stringify([object, words]);

/** Pulumi is at work on several at once; what it prints is in the order in which it got to know. */
const inOrder = (steps: readonly PreviewStep[]): readonly PreviewStep[] =>
  [...steps].sort((a, b) => Number(b.isObject) - Number(a.isObject) || compare(a.resource, b.resource));

const byObject = (problems: readonly PreviewProblem[]): readonly PreviewProblem[] =>
  [...problems].sort((a, b) => compare(a.object ?? "", b.object ?? ""));

const compare = (a: string, b: string): number => Number(a > b) - Number(a < b);

const changes = ["create", "update", "replace", "delete"] as const;

function stepOf({ urn, oldState, newState, detailedDiff }: Step, change: PreviewStep["change"]): PreviewStep {
  const fields = change === "update" || change === "replace" ? Object.keys(detailedDiff ?? {}) : [];
  const resource = titleOf(urn, newState ?? oldState);
  return {
    change,
    resource,
    isObject: isObject(urn),
    fields,
    replacedFor: fields.filter((field) => detailedDiff?.[field]?.kind.endsWith("-replace")),
    restartsPods:
      resource.startsWith("Deployment/") &&
      newState?.inputs?.spec?.replicas !== 0 &&
      (change === "replace" || fields.some((field) => /^spec\.template\b/.test(field))),
  };
}

/** Of `urn:pulumi:<stack>::<project>::<parents>$<type>::<name>`. */
const typeIn = (urn: string): string => urn.split("::")[2]?.split("$").at(-1) ?? "";

const isObject = (urn: string): boolean => typeIn(urn).startsWith("kubernetes:");

/** What holds other resources together and is nothing itself. */
const isFrame = (type: string): boolean =>
  type === "pulumi:pulumi:Stack" || type.startsWith("vllm-platform:");

function titleOf(urn: string, state: State | undefined): string {
  const { kind, metadata } = state?.inputs ?? {};
  if (isObject(urn) && kind !== undefined && metadata?.name !== undefined) {
    return `${kind}/${metadata.name}`;
  }
  const type = typeIn(urn);
  return `${type.startsWith("pulumi:providers:") ? "Provider" : type.split(":").at(-1)}/${urn.split("::").at(-1)}`;
}

function objectIn(urn: string | undefined, steps: readonly Step[]): { object?: string } {
  if (urn === undefined || !isObject(urn)) {
    return {};
  }
  const step = steps.find((one) => one.urn === urn);
  return { object: titleOf(urn, step?.newState ?? step?.oldState) };
}
