import { type Machine, machineText } from "../machine.ts";
import type { Measure, RowResult } from "./rows/row.ts";
import { median, medianRatio } from "./runs/measure.ts";

/** One way of doing what a row times. */
interface VariantFigures {
  median: number;
  least: number;
  most: number;
  seconds: number[];
}

export interface RowFigures {
  name: string;
  title: string;
  variants: Record<string, VariantFigures>;
  /** The ratio that counts, with what it may be at most. */
  goal?: { of: string; to: string; ratio: number; atMost: number; reached: boolean };
}

export interface Report {
  date: string;
  machine: Machine;
  runs: number;
  rows: RowFigures[];
  /** What was measured once. */
  measures: { name: string; title: string; measures: Measure[] }[];
  /** Rows that broke off, each with the reason. */
  brokenOff: { name: string; title: string; why: string }[];
}

/** Whether every row was measured, and every goal of the report is reached. */
export function allReached({ rows, measures, brokenOff }: Report): boolean {
  return (
    brokenOff.length === 0 &&
    rows.every(({ goal }) => goal?.reached !== false) &&
    measures.every((row) =>
      row.measures.every(({ value, target }) => target === undefined || value <= target),
    )
  );
}

export function figuresOf({ row, measured }: RowResult): RowFigures {
  const variants = Object.fromEntries(
    [...measured].map(([name, seconds]) => [
      name,
      { median: median(seconds), least: Math.min(...seconds), most: Math.max(...seconds), seconds },
    ]),
  );
  const { name, title, goal } = row;
  if (goal === undefined) {
    return { name, title, variants };
  }
  const ratio = medianRatio(measured, goal.of, goal.to);
  return { name, title, variants, goal: { ...goal, ratio, reached: ratio <= goal.atMost } };
}

/** The report as a Markdown table, which a terminal shows as well. */
export function reportText({ date, machine, runs, rows, measures, brokenOff }: Report): string {
  const head = [`${date}, ${machineText(machine)}.`, ""];
  return [
    ...(rows.length === 0
      ? []
      : [
          `Medians of ${runs} runs each, taken in turn; ratios are medians of the ratios within a round.`,
          ...head,
          ...comparedTable(rows),
          "",
        ]),
    ...measures.flatMap((row) => [`${row.title}.`, ...head, ...measuredTable(row.measures), ""]),
    ...brokenOff.map(({ title, why }) => `NOT MEASURED: ${title}: ${why}`),
  ].join("\n");
}

function comparedTable(rows: readonly RowFigures[]): string[] {
  const lines = [["row", "way", "median", "least", "most", "goal"]];
  for (const { title, variants, goal } of rows) {
    for (const [index, [name, figures]] of Object.entries(variants).entries()) {
      const reached =
        goal?.of === name
          ? `${goal.ratio.toFixed(2)} × ${goal.to}; at most ${goal.atMost}${goal.reached ? "" : " — NOT REACHED"}`
          : "";
      lines.push([
        index === 0 ? title : "",
        name,
        ...[figures.median, figures.least, figures.most].map((seconds) => `${seconds.toFixed(2)} s`),
        reached,
      ]);
    }
  }
  return table(lines);
}

function measuredTable(measures: readonly Measure[]): string[] {
  return table([
    ["what", "measured", "share", "goal"],
    ...measures.map(({ name, value, unit, share, target }) => [
      name,
      `${value} ${unit}`,
      share === undefined ? "" : `${share} %`,
      target === undefined ? "" : `at most ${target} ${unit}${value <= target ? "" : " — NOT REACHED"}`,
    ]),
  ]);
}

function table(lines: readonly (readonly string[])[]): string[] {
  const [heading = [], ...rest] = lines;
  const widths = heading.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  const text = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [text(heading), text(widths.map((width) => "-".repeat(width))), ...rest.map(text)];
}
