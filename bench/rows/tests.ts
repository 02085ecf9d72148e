import { Newcomer } from "../../test/support/newcomer.ts";
import { CommandFailed, run } from "../../toolchain/processes.ts";
import { UserError } from "../../toolchain/user-error.ts";
import type { Measure, MeasuredRow } from "./index.ts";

/** What is promised of `npm test` once everything that it needs is there, on two cores. */
const promised = { whole: 10 * 60, "unit tests": 15 };

/** `npm test` in a fresh clone after a first run of its unit tests, with the toolchain that is there already. */
export const tests: MeasuredRow = {
  name: "tests",
  title:
    "npm test in a fresh clone of what is committed, with toolchain, packages and compiled code in place",
  usual: 600,
  async run({ progress, signal }) {
    const newcomer = await Newcomer.arrive();
    try {
      const cwd = await newcomer.clone("clone");
      const env = newcomer.environment();
      await run("npm", ["test", "--", "unit"], { cwd, env, signal });
      const lines: string[] = [];
      const onLine = (text: string): void => {
        lines.push(text);
        progress.say(`  | ${text}`);
      };
      const began = Date.now();
      await run("npm", ["test"], { cwd, env, onLine, signal });
      return measuresOf(lines, Math.round((Date.now() - began) / 1000));
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      throw new UserError(`npm test failed:\n${error.lines.slice(-40).join("\n")}`);
    } finally {
      await newcomer.leave();
    }
  },
};

/** The parts' seconds, read from the summary that `npm test` ends with; what runs on the engine is told as one. */
export function measuresOf(lines: readonly string[], whole: number): Measure[] {
  const summary = lines.flatMap((line) => {
    const [, name, value] = /^(\S[^:]*): (\d+) s$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, value: Number(value) }];
  });
  const all = summary.find(({ name }) => name === "all");
  if (all === undefined) throw new UserError("npm test ended without a summary.");
  const before = summary.slice(
    0,
    summary.findIndex(({ name }) => name === "toolchain"),
  );
  const engine = all.value - before.reduce((sum, { value }) => sum + value, 0);
  return [
    { name: "whole", value: whole, unit: "s", target: promised.whole },
    ...before.map(
      ({ name, value }): Measure => ({
        name,
        value,
        unit: "s",
        share: Math.round((value / whole) * 100),
        ...(name === "unit tests" ? { target: promised[name] } : {}),
      }),
    ),
    {
      name: "tests on the real engine",
      value: engine,
      unit: "s",
      share: Math.round((engine / whole) * 100),
    },
  ];
}
