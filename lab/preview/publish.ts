/** Where a report goes, and how the command ends by it. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { exitCodes } from "../../system/errors.ts";
import { type Commits, previewJson, previewMarkdown } from "./report.ts";
import type { ModeReport } from "./verdict.ts";

export interface Output {
  readonly json?: boolean;
  /** Folder for both files. @default standard output has one of them */
  readonly out?: string;
}

/** What stands already, while more is being asked: in the files, or on standard error, as standard output takes one document. */
export async function publishFirst(
  { out }: Output,
  modes: readonly ModeReport[],
  commits: Commits,
): Promise<void> {
  if (out !== undefined) {
    await write(out, modes, commits);
  }
  console.error("By what both sides declare:");
  for (const { mode, verdict, sentence } of modes) {
    console.error(`  ${mode}: ${verdict}${verdict === "unchanged" ? "" : `: ${sentence}`}`);
  }
}

/** @returns the exit status */
export async function publish(
  { json = false, out }: Output,
  modes: readonly ModeReport[],
  commits: Commits,
): Promise<number> {
  if (out === undefined) {
    process.stdout.write(json ? previewJson(modes, commits) : previewMarkdown(modes, commits));
  } else {
    await write(out, modes, commits);
    console.error(`Wrote ${join(out, "preview.md")} and ${join(out, "preview.json")}`);
  }
  const has = (verdict: ModeReport["verdict"]): boolean => modes.some((one) => one.verdict === verdict);
  return has("error")
    ? exitCodes.failed
    : has("refused")
      ? previewCodes.refused
      : has("changed")
        ? previewCodes.changes
        : previewCodes.nothing;
}

/** How it ends, besides 1 for any error. */
const previewCodes = { nothing: exitCodes.done, changes: 2, refused: exitCodes.refused } as const;

async function write(out: string, modes: readonly ModeReport[], commits: Commits): Promise<void> {
  await mkdir(out, { recursive: true });
  await writeFile(join(out, "preview.md"), previewMarkdown(modes, commits));
  await writeFile(join(out, "preview.json"), previewJson(modes, commits));
}
