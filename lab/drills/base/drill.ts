import type { World } from "../world/index.ts";

/** How a drill is gone through. */
export interface Form {
  /** As in CI: what takes minutes is done seldomer, or with a server that loads for less. */
  readonly short: boolean;
  /** From 0 on: what takes turns may begin with the other in each. */
  readonly round: number;
}

/** What breaks, and what is promised then. */
export interface Drill {
  readonly name: string;
  /** What is done. */
  readonly title: string;
  /** Seconds that a round usually takes, in the short form; of one that is `long`, in the full one. */
  readonly usual: number;
  /** The same in a full run. @default usual */
  readonly usualInFull?: number;
  /** It takes so long that the short form leaves it out. @default false */
  readonly long?: true;
  /** Whether one round does, however many are asked for, as it repeats itself. @default false */
  readonly once?: true;
  /** One round, from a mode `ml` that serves to one. @throws where what must follow does not */
  run(world: World, form: Form): Promise<Finding[]>;
}

/** Rows of docs/requirements.md that drills show. */
export const requirements = [
  "loss",
  "cpu-answers",
  "return",
  "drain",
  "hot-plug",
  "switch",
  "gaming",
  "public-route",
] as const;

/** What one round has shown of one promise. */
export interface Finding {
  /** What was asked for, where the promise is a part of it. */
  readonly requirement?: (typeof requirements)[number];
  /** In words. */
  readonly promise: string;
  readonly value: number;
  /** `s` for seconds; else what is counted. */
  readonly unit: string;
  /** Undefined where nothing is promised, and it is told all the same. */
  readonly atMost?: number;
  /** What exactly was found, where a number does not say it. */
  readonly details?: readonly string[];
}
