/** Which of a branch's files Pulumi has to be asked about. Pure, but for asking git. */
import { git } from "./side.ts";
import type { ModeReport } from "./verdict.ts";

/** No stack's program reads them. Whatever else there is counts as part of it. */
const notRun =
  /^(cli|docs|engine|examples|lab|policy-pack|test|\.github|\.vscode)\/|^[^/]+\.md$|^(biome|tsconfig)\.json$|^LICENSE$/;

/** Those that differ from a commit in the working tree, new ones included. */
export async function changedFiles(clone: string, base: string): Promise<string[]> {
  const [changed, others] = await Promise.all([
    git(clone, "diff", "--name-only", "--no-renames", "-z", base, "--"),
    git(clone, "ls-files", "--others", "--exclude-standard", "-z"),
  ]);
  return `${changed}\0${others}`.split("\0").filter((name) => name !== "");
}

/**
 * Why Pulumi is not asked about a mode, as half a sentence; undefined where it is.
 * @param isGone whether the head does not have it
 */
export function whyNotAsked(
  { mode, verdict }: Pick<ModeReport, "mode" | "verdict">,
  { changed, isGone }: { changed: readonly string[]; isGone: boolean },
): string | undefined {
  if (isGone) return "gone";
  if (verdict === "refused" || verdict === "error") return "refused before";
  const differs =
    verdict !== "unchanged" ||
    changed.some((name) => !notRun.test(name) && (!isModeFile(name) || name === `Pulumi.${mode}.yaml`));
  return differs ? undefined : "neither the program nor their files and objects differ";
}

const isModeFile = (name: string): boolean => /^Pulumi\.[^/]+\.yaml$/.test(name);
