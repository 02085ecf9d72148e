/** Pulumi's part of a preview: of each mode the base's `up`, then the head's `preview` on that state and cluster. */
import type { Engine } from "../../engine/index.ts";
import type { Previewed, PreviewProblem, PreviewStep } from "../../engine/preview.ts";
import { EngineFailed } from "../../engine/run.ts";
import { names } from "../../stacks/vocabulary/names.ts";
import { RefusedError } from "../../system/errors.ts";
import type { Progress } from "../toolchain/base/progress.ts";
import { wordsOf } from "./side.ts";

/** What Pulumi said of a mode. */
export interface Told {
  /** `refused` by the API server, or by the program in words; `failed` where the program broke. */
  readonly state: "previewed" | "refused" | "failed";
  readonly steps: readonly PreviewStep[];
  /** Why it is refused or failed. */
  readonly problems: readonly PreviewProblem[];
  /** What the preview stands on, where it is not the base's whole state. */
  readonly on?: string;
}

export type EngineAnswer = Told | { readonly state: "not asked"; readonly why: string };

export interface Sides {
  readonly base: Pick<Engine, "up">;
  readonly head: Pick<Engine, "preview">;
  /** Whether the base has the mode, and its files are not refused. */
  hasBase(mode: string): boolean;
}

/**
 * One mode after the other, as only one has the GPU at a time: the head's preview of a mode is asked while the base's holds it.
 * Modes without a base come last, when the cluster holds the namespace that their objects are judged in.
 */
export async function askEngine(
  modes: readonly string[],
  sides: Sides,
  progress: Progress,
): Promise<Map<string, Told>> {
  const answers = new Map<string, Told>();
  const [known, others] = [modes.filter(sides.hasBase), modes.filter((mode) => !sides.hasBase(mode))];
  for (const mode of [...known, ...others]) {
    let on: string | undefined = "no state: the base does not have it";
    if (sides.hasBase(mode)) {
      on = await progress.step(`pulumi up of the base's ${mode}`, { usual: 8 }, () =>
        bringUp(sides.base, mode),
      );
    }
    const answer = await progress.step(`pulumi preview of the head's ${mode}`, { usual: 4 }, () =>
      lookAhead(sides.head, mode),
    );
    answers.set(mode, on === undefined ? answer : { ...answer, on });
  }
  return answers;
}

/**
 * What the sandbox's cluster is made of says nothing of a home's, so nothing is refused for what it lacks.
 * @returns what went wrong, as half a sentence; undefined where all is up.
 */
export async function bringUp(base: Sides["base"], mode: string): Promise<string | undefined> {
  try {
    await base.up(mode, { force: true });
    return undefined;
  } catch (error) {
    return `a state in which the base's up failed: ${shortly(engineWords(error))}`;
  }
}

/** @param force where what the cluster lacks says nothing. @default true */
export async function lookAhead(
  head: Sides["head"],
  mode: string,
  { force }: { force: boolean } = { force: true },
): Promise<Told> {
  try {
    return answerOf(await head.preview(mode, { force }));
  } catch (error) {
    const words = engineWords(error);
    return {
      state: isBroken(words) ? "failed" : "refused",
      steps: [],
      problems: [{ words: wordsOf(words) }],
    };
  }
}

/** Without what changes with every commit. */
export function answerOf({ steps, problems }: Previewed): Told {
  const broken = problems.some(({ object, words }) => object === undefined && isBroken(words));
  return {
    state: problems.length === 0 ? "previewed" : broken ? "failed" : "refused",
    steps: steps.flatMap(withoutSource),
    problems: problems.map(({ words, ...where }) => ({ ...where, words: plainly(words) })),
  };
}

/** @throws what is neither Pulumi's nor a refusal */
function engineWords(error: unknown): string {
  if (error instanceof EngineFailed || error instanceof RefusedError) return error.message;
  throw error;
}

const isBroken = (words: string): boolean => /unhandled exception|^\s*at .*:\d+:\d+/m.test(words);

const shortly = (words: string): string => wordsOf(words).split("\n")[0]?.replace(/\.$/, "") ?? "";

/** The claim says which commit declared it. */
function withoutSource(step: PreviewStep): PreviewStep[] {
  if (step.change !== "update" || step.resource !== `ConfigMap/${names.claim}`) return [step];
  const fields = step.fields.filter((field) => !/^data\.source/.test(field));
  return fields.length === 0 ? [] : [{ ...step, fields }];
}

/** The server's own words, without what the provider puts before them, which is not so in a preview. */
function plainly(words: string): string {
  const told = isBroken(words) ? wordsOf(words) : words;
  return told
    .replace(
      /^the Kubernetes API server reported that "[^"]*" failed to fully initialize or become live: /,
      "",
    )
    .replace(/^failed to create typed patch object \([^)]*\): /, "")
    .replace(shownValues, "$1•••");
}

/** A server says which value it refuses; one of these may be a secret. */
const shownValues =
  /(\b(?:env|args|command|data|stringData)\b\S*: (?:Invalid|Unsupported|Duplicate) value: )("(?:[^"\\]|\\.)*"|\S+)/g;
