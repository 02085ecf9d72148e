/** What a switch and a server have to reach, by the reference setup's requirements. Measured against, never waited for. */
import type { Plan } from "./index.ts";
import { lossNoticedWithinSeconds } from "./probes.ts";

export interface SwitchLimit {
  /** What is limited: the whole switch, or the loading of the model alone. */
  of: "switch" | "load";
  /** Less than so many seconds. */
  seconds: number;
  /** The requirement, as a sentence. */
  source: string;
}

const loadLimit: SwitchLimit = {
  of: "load",
  seconds: 90,
  source: "a model that reasons is loaded in less than 90 s",
};

/** The limits of a switch to a mode, for a node that is on and has image and model files already. */
export function switchLimits(plan: Plan): SwitchLimit[] {
  if (!plan.serves) {
    return [{ of: "switch", seconds: 30, source: "the GPU is free for games in less than 30 s" }];
  }
  return [
    { of: "switch", seconds: 120, source: "a mode serves again in less than 2 minutes" },
    ...(reasons(plan) ? [loadLimit] : []),
  ];
}

/** What is measured of a platform that serves, and has a target in some mode. */
export type Targeted = "load" | "speed" | "loss" | "ollama";

export interface Target {
  /** Whether the value itself is met: `at least` it is, `less than` it is not. */
  relation: "at least" | "less than";
  /** In tokens a second for `speed`, else in seconds. */
  value: number;
  /** The requirement, as a sentence. */
  source: string;
}

/** The targets of a mode; a speed is asked only of the default mode's model and of one that reasons. */
export function targetsOf(plan: Plan): Partial<Record<Targeted, Target>> {
  const speed = speedTarget(plan);
  return {
    ...(speed === undefined ? {} : { speed }),
    ...(reasons(plan)
      ? { load: { relation: "less than", value: loadLimit.seconds, source: loadLimit.source } }
      : {}),
    loss: {
      relation: "less than",
      value: lossNoticedWithinSeconds,
      source: `that the GPU is away is noticed in less than ${lossNoticedWithinSeconds} s`,
    },
    ollama: { relation: "less than", value: 5, source: "Ollama answers on the CPU in less than 5 s" },
  };
}

/** Whether a value reaches a target. */
export function meets({ relation, value: wanted }: Target, value: number): boolean {
  return relation === "at least" ? value >= wanted : value < wanted;
}

/** Whether the mode's model writes a chain of thought. */
export function reasons({ server }: Plan): boolean {
  return server.numbers.reasoningParser !== undefined;
}

function speedTarget(plan: Plan): Target | undefined {
  if (reasons(plan)) {
    return {
      relation: "at least",
      value: 30,
      source: "a model that reasons writes 30 tokens a second or more",
    };
  }
  return plan.mode === plan.settings.defaultMode
    ? { relation: "at least", value: 50, source: "the default model writes 50 tokens a second or more" }
    : undefined;
}
