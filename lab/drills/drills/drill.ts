import type { World } from "../world/index.ts";

/** What breaks, and what is promised then. */
export interface Drill {
  readonly name: string;
  /** What is done. */
  readonly title: string;
  /** Seconds that a round usually takes. */
  readonly usual: number;
  /** It takes so long that a run of all leaves it out. @default false */
  readonly onlyByName?: true;
  /** One round, from a mode `ml` that serves to one. @throws where what must follow does not */
  run(world: World): Promise<Finding[]>;
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
