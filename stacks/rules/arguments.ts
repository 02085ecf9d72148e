// The user's own arguments must not contradict the platform's, and must be such as the engine has.
import { shownArgument } from "../resolve/argument-words.ts";
import {
  type ArgumentFault,
  argumentFaults,
  parallelFaults,
  versionFaults,
} from "../resolve/extra-arguments.ts";
import type { Finding } from "./faults.ts";
import type { Rule } from "./rule.ts";

export const argumentRules: readonly Rule[] = [
  {
    reads: ["extraArguments"],
    findings: ({ extraArguments: words }) =>
      findings(words, [...argumentFaults(words), ...parallelFaults(words)]),
  },
  {
    reads: ["extraArguments", "image"],
    findings: ({ extraArguments }, { resolved: { version } }) =>
      version === undefined ? [] : findings(extraArguments, versionFaults(extraArguments, version)),
  },
];

function findings(words: readonly string[], faults: readonly ArgumentFault[]): Finding[] {
  return faults.map(({ index, problem, fix }) => ({
    path: ["extraArguments", index],
    found: shownArgument(words, index),
    problem,
    fix,
  }));
}
