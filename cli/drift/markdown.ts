/** Drift as a document for an issue: what others wrote can neither leave its place nor call anybody. */
import type { Drift } from "../../cluster/drift/item.ts";
import type { DriftReport } from "../../operations/drift/index.ts";
import { code, escaped } from "../../system/terminal/markdown.ts";
import { headingOf, onceTold, parts, placeOf, sentenceOf, verdictOf } from "./words.ts";

/** By which a caller finds its own document again. */
export const marker = "<!-- vllm-platform:drift -->";

/** The most rows of a table: GitHub takes 65536 characters of an issue's text. */
const mostRows = 60;

export function driftMarkdown(report: DriftReport): string {
  const { drifts, ignored, unknown, notes, fingerprint, server } = report;
  return [
    marker,
    `<!-- fingerprint: ${fingerprint} -->`,
    `**${escaped(verdictOf(report))}**`,
    "",
    `Cluster ${code(server)}.${notes.map((text) => ` ${escaped(text)}`).join("")}`,
    ...section(
      "Could not be told",
      unknown.map((text) => `- ${escaped(text)}`),
    ),
    ...parts.flatMap((part) => {
      const found = drifts.filter((one) => one.part === part);
      return section(headingOf(part, report), found.length === 0 ? [] : table(found));
    }),
    ...section(
      "Ignored",
      ignored.map(
        ({ drift, reason }) => `- ${code(placeOf(drift))} ${escaped(sentenceOf(drift))} (${escaped(reason)})`,
      ),
    ),
    "",
    `The same, locally: \`gpu-mode drift\`; \`gpu-mode drift --fix\` puts it right${onceTold(report)}.`,
  ].join("\n");
}

function table(drifts: readonly Drift[]): string[] {
  return [
    "| where | what |",
    "| --- | --- |",
    ...drifts.slice(0, mostRows).map((one) => {
      const how = one.how === undefined ? "" : `<br>→ ${escaped(one.how)}`;
      return `| ${code(placeOf(one))} | ${escaped(sentenceOf(one))}${how} |`;
    }),
    ...(drifts.length > mostRows ? [`| … | ${drifts.length - mostRows} more |`] : []),
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", `### ${escaped(title)}`, "", ...lines];
}
