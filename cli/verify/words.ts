/** The words of a verification: a row for each check, then a table of what was measured against its target. */
import { styleText } from "node:util";
import {
  type Check,
  type CheckName,
  type Measurement,
  type Metric,
  type Report,
  verdictOf,
} from "../../operations/verify/base/report.ts";
import { inOneLine } from "../../system/terminal/foreign-text.ts";

const checkWords: Readonly<Record<CheckName, string>> = {
  server: "server's pod",
  health: "/health",
  models: "model names",
  completion: "completion",
  chat: "chat",
  stream: "chat, streamed",
  thoughts: "chain of thought",
  docs: "/docs",
  key: "without the key",
  certificate: "certificate",
  redirect: "redirect to HTTPS",
  paths: "other paths",
  gateway: "gateway",
  idle: "no server",
  ollama: "Ollama",
};

const metricWords: Readonly<Record<Metric, string>> = {
  firstToken: "time to first token",
  speed: "speed, one stream",
  speedOfFour: "speed, four streams",
  load: "load time of the last start",
  weights: "weights on the card",
  keyValueCache: "room for context",
  loss: "GPU unavailability detection",
  takeover: "first answer of the CPU",
  ollama: "Ollama CPU inference latency",
  return: "back on the GPU",
};

const signs: Readonly<Record<Check["state"], { sign: string; colour: Parameters<typeof styleText>[0] }>> = {
  ok: { sign: "✔", colour: "green" },
  failed: { sign: "✖", colour: "red" },
  skipped: { sign: "–", colour: "cyan" },
};

/** @param strict whether a missed target counts as a failure */
export function reportText(report: Report, { strict }: { strict: boolean }): string[] {
  const { mode, way, version, simulated, checks, measurements } = report;
  const engine = version === null ? "" : `, vLLM ${version}`;
  const label = simulated === null ? [] : [`SIMULATED by ${simulated}: no model and no GPU answered.`];
  const width = Math.max(...checks.map(({ check }) => checkWords[check].length));
  return [
    `Mode ${mode} by ${way}${engine}`,
    ...label,
    "",
    ...checks.map(({ check, state, found }) => {
      const { sign, colour } = signs[state];
      const mark = styleText(colour, `${sign} ${state.padEnd(7)}`);
      return `${mark}  ${checkWords[check].padEnd(width)}  ${inOneLine(found)}`;
    }),
    ...(measurements.length === 0 ? [] : ["", ...tableOf(measurements)]),
    "",
    ...label,
    endOf(report, strict),
  ];
}

/** Metric, target, actual, met; the sentence of a target and the way it was measured stand behind. */
function tableOf(measurements: readonly Measurement[]): string[] {
  const rows = [
    ["metric", "target", "actual", "met", ""],
    ...measurements.map((one) => [
      metricWords[one.metric],
      one.target === null ? "–" : `${one.target.relation} ${one.target.value} ${one.unit}`,
      valueText(one),
      one.met === null ? "–" : one.met ? "yes" : "NO",
      [one.target?.source, gateText(one), one.note].filter(Boolean).join("; "),
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column < widths.length ? cell.padEnd(widths[column] ?? 0) : inOneLine(cell)))
      .join("  ")
      .trimEnd(),
  );
}

function valueText({ actual, unit }: Measurement): string {
  return actual === null ? "not measured" : `${rounded(actual, unit)} ${unit}`;
}

function rounded(value: number, unit: Measurement["unit"]): string {
  const digits = unit === "tokens" ? 0 : unit === "tokens/s" ? 1 : value < 1 ? 3 : value < 10 ? 2 : 1;
  return value.toFixed(digits);
}

/** By how much the gate was off. */
function gateText({ reckoned, offPercent, unit }: Measurement): string {
  if (reckoned === null || offPercent === null) {
    return "";
  }
  const off = Math.abs(offPercent).toFixed(1);
  const how = offPercent === 0 ? "exactly that" : `${off} % too ${offPercent > 0 ? "much" : "little"}`;
  return `the gate reckoned ${rounded(reckoned, unit)}, ${how}`;
}

function endOf(report: Report, strict: boolean): string {
  const { failed, missed } = verdictOf(report);
  const skipped = report.checks.filter(({ state }) => state === "skipped").length;
  const counts = [
    `${report.checks.length - failed - skipped} of ${report.checks.length} checks ok`,
    ...(failed > 0 ? [`${failed} FAILED`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(missed > 0
      ? [
          `${missed} ${missed === 1 ? "target" : "targets"} missed${strict ? "" : ", which fails only with --strict"}`,
        ]
      : []),
  ].join(", ");
  const idle = report.serves ? "" : `Mode ${report.mode} serves nothing, and was not asked for answers. `;
  return `${idle}${counts}.`;
}
