// The user's own arguments must not contradict the platform's, and must be such as the engine has.
import { shownArgument } from "../resolve/argument-words.ts";
import {
  type ArgumentFault,
  argumentFaults,
  parallelFaults,
  versionFaults,
} from "../resolve/extra-arguments.ts";
import type { Version } from "../vocabulary/version.ts";
import type { Finding } from "./faults.ts";
import type { Rule } from "./rule.ts";

export const argumentRules: readonly Rule[] = [
  {
    reads: ["extraArguments"],
    findings: ({ extraArguments: words }, { resolved: { version } }) =>
      findings(words, [...argumentFaults(words, version), ...parallelFaults(words)]),
  },
  {
    reads: ["extraArguments", "image"],
    findings: ({ extraArguments }, { resolved: { version } }) =>
      version === undefined ? [] : findings(extraArguments, onlyOfVersion(extraArguments, version)),
  },
];

/** Where the platform refuses a flag, whether this one has it is not worth a word. */
function onlyOfVersion(words: readonly string[], version: Version): ArgumentFault[] {
  const refused = argumentFaults(words, version).map(({ index }) => index);
  return versionFaults(words, version).filter(({ index }) => !refused.includes(index));
}

function findings(words: readonly string[], faults: readonly ArgumentFault[]): Finding[] {
  return faults.map(({ index, problem, fix }) => ({
    path: ["extraArguments", index],
    found: shownArgument(words, index),
    problem,
    fix,
  }));
}
