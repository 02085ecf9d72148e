// The user's own arguments must not contradict the platform's.
import { argumentFaults, shownArgument } from "../resolve/extra-arguments.ts";
import type { Rule } from "./rule.ts";

export const argumentRules: readonly Rule[] = [
  {
    reads: ["extraArguments"],
    findings: ({ extraArguments }) =>
      argumentFaults(extraArguments).map(({ index, problem, fix }) => ({
        path: ["extraArguments", index],
        found: shownArgument(extraArguments, index),
        problem,
        fix,
      })),
  },
];
