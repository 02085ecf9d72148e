import { UserError } from "../../../system/errors.ts";
import { Newcomer } from "../runs/newcomer.ts";
import { runNpm } from "../runs/npm-run.ts";
import type { Measure, MeasuredRow } from "./row.ts";

/** What is promised of `npm test` once everything that it needs is there, on two cores. */
const promised = { whole: 10 * 60, "unit tests": 15 };

/** `npm test` in a fresh clone after a first run of its unit tests, with the toolchain that is there already. */
export const tests: MeasuredRow = {
  name: "tests",
  title:
    "npm test in a fresh clone of what is committed, with toolchain, packages and compiled code in place",
  usual: 600,
  async run(context) {
    const newcomer = await Newcomer.arrive();
    try {
      const cwd = await newcomer.clone("clone");
      const options = { cwd, env: newcomer.environment() };
      await runNpm(context, ["test", "--", "unit"], options);
      const { lines, seconds } = await runNpm(context, ["test"], options);
      return measuresOf(lines, Math.round(seconds));
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
