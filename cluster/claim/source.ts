/** Which commit a declaration comes from, and whether it is older than the one that a claim names. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Source } from "./index.ts";

/** Time that git may take, in milliseconds; it reads a few files. */
const answerWithinMs = 5000;

export const unknownSource: Source = { commit: "unknown", committed: "" };

/**
 * The commit of a clone, with `-dirty` where tracked files differ from it or a mode's file is not in it. Never rejects: without
 * git, or outside a clone, it is unknown.
 */
export async function readSource(folder: string): Promise<Source> {
  const [head, changes, ownModes] = await Promise.all([
    git(folder, "log", "-1", "--format=%H %cI"),
    git(folder, "status", "--porcelain", "--untracked-files=no"),
    git(folder, "ls-files", "--others", "--", ":(glob)Pulumi.*.yaml"),
  ]);
  const [commit, committed] = head?.trim().split(" ") ?? [];
  if (!commit || !committed) {
    return unknownSource;
  }
  const dirty = changes === "" && ownModes === "" ? "" : "-dirty";
  return { commit: `${commit}${dirty}`, committed: new Date(committed).toISOString() };
}

/**
 * Says where a claim comes from a newer source than this clone: stale copies of the files have silently undone changes
 * before. Undefined where that is not so or cannot be told.
 */
export async function staleness(folder: string, own: Source, claimed: Source): Promise<string | undefined> {
  const [ownCommit, claimedCommit] = [plainCommit(own), plainCommit(claimed)];
  if (ownCommit === undefined || claimedCommit === undefined || ownCommit === claimedCommit) {
    return undefined;
  }
  const contained = await git(folder, "merge-base", "--is-ancestor", claimedCommit, ownCommit);
  if (contained !== undefined || !(Date.parse(claimed.committed) > Date.parse(own.committed))) {
    return undefined;
  }
  return `The active mode was declared from commit ${claimedCommit.slice(0, 12)} of ${claimed.committed}, which is newer than this clone's ${ownCommit.slice(0, 12)} of ${own.committed} and not part of it. If this clone is out of date, run git pull first.`;
}

function plainCommit({ commit }: Source): string | undefined {
  const plain = commit.replace(/-dirty$/, "");
  return /^[0-9a-f]{40,64}$/.test(plain) ? plain : undefined;
}

/** What git prints; undefined where it fails. */
async function git(folder: string, ...args: string[]): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)("git", ["-C", folder, ...args], { timeout: answerWithinMs });
    return stdout;
  } catch {
    return undefined;
  }
}
