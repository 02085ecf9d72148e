// What has to be run to set one secret in every mode, worked out before anything is run.
import { type SecretName, secretForms, secretNames } from "../stacks/settings/index.ts";
import { Ended, faultText, RefusedError } from "../system/errors.ts";
import { nearest } from "../system/nearest.ts";

/** One run of Pulumi, which reads the value from its standard input. */
export interface SetCommand {
  mode: string;
  arguments: string[];
}

export interface SetPlan {
  commands: SetCommand[];
  /** Modes that have a file, but no stack that could encrypt a value. */
  withoutStack: string[];
}

/**
 * One command for each mode that has a stack.
 * @param modes the modes of the project, by their files.
 * @param stacks the names of the stacks that the state backend has, with or without an organization before them.
 * @throws RefusedError where there is no stack at all.
 */
export function planSecret(name: SecretName, modes: readonly string[], stacks: readonly string[]): SetPlan {
  const existing = new Set(stacks.map((stack) => stack.split("/").at(-1)));
  const withStack = modes.filter((mode) => existing.has(mode));
  if (withStack.length === 0) {
    throw new RefusedError(`${name} is not set.`, [
      {
        where: "the state backend",
        problem: "no mode has a stack yet, and only a stack can encrypt a value",
        fix: modes.map((mode) => `\`pulumi stack init ${mode}\``).join(", "),
      },
    ]);
  }
  return {
    commands: withStack.map((mode) => ({
      mode,
      arguments: ["config", "set", "--secret", "--stack", mode, "--non-interactive", `vllm-platform:${name}`],
    })),
    withoutStack: modes.filter((mode) => !existing.has(mode)),
  };
}

/**
 * The secret that is meant.
 * @throws Ended for any other name, RefusedError for a value beside it: it would stand in the shell's history.
 */
export function secretNamed(words: readonly string[]): SecretName {
  const [wanted, ...others] = words;
  const name = secretNames.find((known) => known === wanted);
  if (name === undefined) {
    const meant = wanted === undefined ? undefined : nearest(wanted, secretNames, 4);
    const fault = faultText({
      where: "the command line",
      ...(meant === undefined ? {} : { found: wanted }), // anything else may be the secret
      problem: `it must name one of ${secretNames.join(", ")}`,
      fix: `Run \`npm run set-secret -- ${meant ?? secretNames[0]}\``,
    });
    throw new Ended("usage", `Nothing is set.\n${fault}`);
  }
  if (others.length > 0) {
    throw new RefusedError("Nothing is set.", [
      {
        where: "the command line",
        problem: "a value may not stand in it, as other users of the machine and the shell's history see it",
        fix: `Run \`npm run set-secret -- ${name}\`, which asks for the value, and take a new one`,
      },
    ]);
  }
  return name;
}

/**
 * The value as it was typed or piped in, without the line break at its end.
 * @throws RefusedError where it does not look like such a secret.
 */
export function secretValue(name: SecretName, input: string): string {
  const value = input.replace(/\r?\n$/, "");
  const { pattern, allowed, fromFile = "" } = secretForms[name];
  if (!pattern.test(value)) {
    throw new RefusedError("Nothing is set.", [
      {
        where: "standard input",
        problem: `the value of ${name} ${allowed}`,
        fix: `Enter it again: \`npm run set-secret -- ${name}${fromFile}\``,
      },
    ]);
  }
  return value;
}

/** Names in the answer of `pulumi stack ls --json`. */
export function stackNames(answer: string): string[] {
  return (JSON.parse(answer) as { name: string }[]).map(({ name }) => name);
}
