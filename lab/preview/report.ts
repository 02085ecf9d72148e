/** The report as one Markdown document, as a comment on a pull request has it, and as JSON. Pure. */

import { jsonText } from "../../system/terminal/json-text.ts";
import { code, escaped, fenced } from "../../system/terminal/markdown.ts";
import type { Told } from "./ask-engine.ts";
import type { ObjectDifference } from "./difference.ts";
import type { ModeReport } from "./verdict.ts";

/** By which a caller finds its own comment again. */
export const marker = "<!-- vllm-platform:preview -->";

/** GitHub takes 65,536 characters of a comment; the rest is for what a caller writes around it. */
export const mostBytes = 60_000;

export interface Commits {
  /** Short, with `+ uncommitted` behind it where the working tree has more. */
  readonly head: string;
  /** Short; what it is compared with where that is no commit. */
  readonly base: string;
  /** What the person named, or how it was found. */
  readonly baseName: string;
  /** ISO 8601, in UTC. */
  readonly at: string;
  /** What of the comparison is not as it seems. */
  readonly notes: readonly string[];
  /** The words behind `npm run preview --` that show the same. */
  readonly again: string;
}

const icons = { unchanged: "⚪", changed: "🟡", refused: "🔴", error: "🔴" } as const;

export function previewMarkdown(modes: readonly ModeReport[], commits: Commits): string {
  const all = modes.flatMap(({ mode, objects, engine }) => {
    const asked = engine === undefined || engine.state === "not asked" ? [] : stepsPart(engine);
    return [...objects.map(part), ...asked].map((one) => ({ mode, ...one }));
  });
  // Whole objects go, the biggest first: half of one would be read as all of it.
  const bySize = [...all].sort((a, b) => bytes(b.text) - bytes(a.text));
  for (let gone = 0; ; gone++) {
    const dropped = new Set(bySize.slice(0, gone));
    const text = document(modes, commits, all, dropped);
    if (bytes(text) <= mostBytes || gone === all.length) return cut(text);
  }
}

interface Part {
  readonly mode: string;
  readonly object: string;
  readonly text: string;
}

function document(
  modes: readonly ModeReport[],
  { head, base, baseName, at, notes, again }: Commits,
  parts: readonly Part[],
  dropped: ReadonlySet<Part>,
): string {
  const unchanged = modes.filter(({ verdict }) => verdict === "unchanged").map(({ mode }) => mode);
  const told = modes.filter(({ verdict }) => verdict !== "unchanged");
  const refusals = told.flatMap(({ mode, refusal }) => (refusal === undefined ? [] : [{ mode, refusal }]));
  return [
    marker,
    `**What this changes**: ${code(head)} against ${code(base)} (${escaped(baseName)}), ${at}`,
    ...notes.map((note) => `\n${escaped(note)}`),
    ...(told.length === 0
      ? []
      : [
          "",
          "| mode | verdict | |",
          "| --- | --- | --- |",
          ...told.map(
            ({ mode, verdict, sentence }) =>
              `| ${code(mode)} | ${icons[verdict]} ${verdict} | ${escaped(sentence)} |`,
          ),
        ]),
    ...(unchanged.length === 0 ? [] : ["", `⚪ Unchanged: ${unchanged.map(code).join(", ")}`]),
    ...notAsked(modes),
    ...refusals.flatMap(({ mode, refusal }) => [
      "",
      `Mode ${code(mode)}:`,
      "",
      ...fenced(refusal.split("\n")),
    ]),
    ...told.flatMap(({ mode }) => details(mode, parts, dropped)),
    ...(dropped.size === 0
      ? []
      : [
          "",
          `Too long for a comment, and left out: ${[...dropped].map(({ mode, object }) => code(`${mode}: ${object}`)).join(", ")}.`,
        ]),
    "",
    `The same, locally: \`npm run preview -- ${again}\``,
    "",
  ].join("\n");
}

function details(mode: string, parts: readonly Part[], dropped: ReadonlySet<Part>): string[] {
  const own = parts.filter((one) => one.mode === mode && !dropped.has(one));
  return own.length === 0
    ? []
    : ["", `<details><summary>${code(mode)}</summary>`, "", ...own.map(({ text }) => text), "", "</details>"];
}

function part({ object, change, fields }: ObjectDifference): Omit<Part, "mode"> {
  const lines =
    change === "changed"
      ? fields.flatMap(({ field, change, before, after }) => [
          `  ${field}`,
          ...(change === "added" ? [] : [`- ${before ?? hidden}`]),
          ...(change === "removed" ? [] : [`+ ${after ?? hidden}`]),
        ])
      : [`${change === "added" ? "+" : "-"} the whole object`];
  return { object, text: ["", `#### ${escaped(object)}`, "", ...fenced(lines, "diff")].join("\n") };
}

/** What Pulumi would do, with the names of fields and no value. */
function stepsPart({ steps, on }: Told): Omit<Part, "mode">[] {
  const signs = { create: "+", update: "!", replace: "!", delete: "-" } as const;
  const lines = steps.map(
    ({ change, resource, fields }) =>
      `${signs[change]} ${change} ${resource}${fields.length === 0 ? "" : `: ${fields.join(", ")}`}`,
  );
  const title = `#### pulumi preview${on === undefined ? "" : `, on ${escaped(on)}`}`;
  return lines.length === 0
    ? []
    : [{ object: "pulumi preview", text: ["", title, "", ...fenced(lines, "diff")].join("\n") }];
}

/** Modes of which Pulumi was not asked, by the reason. */
function notAsked(modes: readonly ModeReport[]): string[] {
  const byReason = new Map<string, string[]>();
  for (const { mode, engine } of modes) {
    if (engine?.state === "not asked") {
      byReason.set(engine.why, [...(byReason.get(engine.why) ?? []), mode]);
    }
  }
  return [...byReason].map(([why, names]) => `\nPulumi not asked: ${names.map(code).join(", ")} (${why})`);
}

/** Of a field whose value is not known to be harmless. */
const hidden = "••• (not shown)";

const bytes = (text: string): number => Buffer.byteLength(text);

/** Where the refusals alone are too long: at a whole line, with the fences closed. */
function cut(text: string): string {
  if (bytes(text) <= mostBytes) return text;
  const end = "\n\n… cut: longer than a comment may be.\n";
  let kept = Buffer.from(text)
    .subarray(0, mostBytes - 200)
    .toString();
  kept = kept.slice(0, kept.lastIndexOf("\n"));
  const fences = [...kept.matchAll(/^(`{3,})/gm)].map(([, ticks]) => ticks ?? "");
  const open = fences.length % 2 === 1 ? `\n${fences.at(-1)}` : "";
  return `${kept}${open}${end}`;
}

/** The same for programs. */
export function previewJson(modes: readonly ModeReport[], commits: Commits): string {
  return `${jsonText({ ...commits, modes })}\n`;
}
