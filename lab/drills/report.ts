import { type Machine, machineText } from "../machine.ts";
import type { Finding } from "./base/drill.ts";

export interface DrillReport {
  readonly name: string;
  readonly title: string;
  /** What each round has shown. */
  readonly rounds: readonly (readonly Finding[])[];
  /** Why a round broke off, where one did. */
  readonly brokenOff?: string;
}

export interface Report {
  readonly date: string;
  readonly machine: Machine;
  readonly rounds: number;
  /** Whether it was the short form. */
  readonly short: boolean;
  readonly drills: readonly DrillReport[];
}

/** One promise over all rounds. */
export interface Figures extends Omit<Finding, "value"> {
  readonly median: number;
  readonly worst: number;
}

export function figuresOf({ rounds }: DrillReport): Figures[] {
  const promises = [...new Set(rounds.flat().map(({ promise }) => promise))];
  return promises.flatMap((promise) => {
    const all = rounds.flat().filter((one) => one.promise === promise);
    const [first] = all;
    if (first === undefined) return [];
    const values = all.map(({ value }) => value).sort((a, b) => a - b);
    const { value: _, ...promised } = first;
    const median = values[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
    return [{ ...promised, median, worst: values.at(-1) ?? Number.NaN }];
  });
}

/** Whether the worst of all rounds keeps what is promised; undefined where nothing is. */
export const isKept = ({ atMost, worst }: Figures): boolean | undefined =>
  atMost === undefined ? undefined : worst <= atMost;

/** Whether every drill was gone through, and every promise kept. */
export const allKept = ({ drills }: Report): boolean =>
  drills.every(
    (drill) => drill.brokenOff === undefined && figuresOf(drill).every((one) => isKept(one) !== false),
  );

const notKept = (findings: readonly Finding[]): Finding[] =>
  findings.filter(({ value, atMost = value }) => value > atMost);

const missed = ({ promise, value, atMost = value, unit }: Finding): string =>
  `${promise}: ${text(value, unit)}, at most ${text(atMost, unit)}`;

/** A line for each promise that a round has not kept. */
export const brokenIn = (round: readonly Finding[]): string[] =>
  notKept(round).map((finding) => `not kept: ${missed(finding)}`);

/** The report as a Markdown table, which a terminal shows as well. */
export function reportText(report: Report): string {
  const rows = report.drills.flatMap((drill) => [
    ...figuresOf(drill).map((one, index) => [
      index === 0 ? drill.title : "",
      one.promise,
      one.requirement ?? "",
      one.atMost === undefined ? "" : text(one.atMost, one.unit),
      text(one.median, one.unit),
      text(one.worst, one.unit),
      { true: "yes", false: "**NO**", undefined: "" }[`${isKept(one)}`],
    ]),
    ...(drill.brokenOff === undefined
      ? []
      : [[drill.title, `**broken off**: ${drill.brokenOff}`, "", "", "", "", "**NO**"]]),
  ]);
  const rounds = report.rounds === 1 ? "One round" : `${report.rounds} rounds`;
  const form = report.short ? ", in the short form" : "";
  return [
    `${rounds} of each drill${form}, ${report.date}, ${machineText(report.machine)}.`,
    "",
    ...table([["drill", "promise", "asked for", "at most", "median", "worst", "kept"], ...rows]),
    ...missesOf(report),
  ].join("\n");
}

/** Once more, below a long table: each promise that a round has not kept, and what was found then, as far as a drill says it. */
function missesOf({ drills }: Report): string[] {
  const lines = drills.flatMap(({ title, rounds, brokenOff }) => [
    ...notKept(rounds.flat()).flatMap((finding) => [
      `- ${title}: ${missed(finding)}`,
      ...(finding.details ?? []).map((one) => `  - ${one}`),
    ]),
    ...(brokenOff === undefined ? [] : [`- ${title}: broken off: ${brokenOff}`]),
  ]);
  return lines.length === 0 ? [] : ["", "Not kept:", "", ...lines];
}

function text(value: number, unit: string): string {
  return unit === "s" ? `${Number.isInteger(value) ? value : value.toFixed(1)} s` : `${value} ${unit}`;
}

function table(lines: readonly (readonly (string | undefined)[])[]): string[] {
  const [heading = [], ...rest] = lines;
  const widths = heading.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  const row = (cells: readonly (string | undefined)[]): string =>
    `| ${cells.map((cell = "", column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [row(heading), row(widths.map((width) => "-".repeat(width))), ...rest.map(row)];
}
