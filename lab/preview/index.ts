/** `npm run preview`: what a branch changes of every mode, from a clone: no home, no secret, no cluster. */
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ended, exitCodes, UserError } from "../../system/errors.ts";
import { inWords, newCommand } from "../../system/terminal/command-line.ts";
import { projectRoot } from "../sandbox/base/paths.ts";
import { type Commits, previewJson, previewMarkdown } from "./report.ts";
import { git, ownSide, readSide, takeOut } from "./side.ts";
import { reportsOf } from "./verdict.ts";

/** How it ends, besides 1 for any error. */
const previewCodes = { nothing: exitCodes.done, changes: 2, refused: exitCodes.refused } as const;

interface Options {
  readonly base?: string;
  readonly json?: boolean;
  readonly out?: string;
}

/** Where the working tree's branch began, by the names that a default branch has. @throws UserError where there is none */
async function findBase(clone: string): Promise<{ name: string; commit: string }> {
  for (const name of ["origin/HEAD", "origin/main", "main"]) {
    const commit = await git(clone, "merge-base", "HEAD", name).catch(() => undefined);
    if (commit !== undefined) return { name: `where the branch left ${name}`, commit };
  }
  throw new UserError(
    "There is neither origin/main nor main to compare with: name a branch, a tag or a commit by --base.",
  );
}

async function namedBase(clone: string, name: string): Promise<{ name: string; commit: string }> {
  const commit = await git(clone, "rev-parse", "--verify", "--end-of-options", `${name}^{commit}`).catch(
    () => {
      throw new UserError(
        `--base (found: ${JSON.stringify(name)}): this clone has no such branch, tag or commit.`,
      );
    },
  );
  return { name, commit };
}

let compared = false;

async function preview({ base: asked, json = false, out }: Options): Promise<void> {
  const clone = projectRoot;
  const base = asked === undefined ? await findBase(clone) : await namedBase(clone, asked);
  const short = (commit: string): Promise<string> => git(clone, "rev-parse", "--short", commit);
  const uncommitted = (await git(clone, "status", "--porcelain")) === "" ? "" : " + uncommitted";
  const folder = await mkdtemp(join(tmpdir(), "vllm-platform-preview-"));
  try {
    const tree = join(folder, "base");
    await takeOut(clone, base.commit, tree);
    const samePackages =
      readFileSync(join(tree, "package-lock.json"), "utf8") ===
      readFileSync(join(clone, "package-lock.json"), "utf8");
    const commits: Commits = {
      head: `${await short("HEAD")}${uncommitted}`,
      base: await short(base.commit),
      baseName: base.name,
      at: `${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`,
      notes: samePackages ? [] : ["package-lock.json changed; both sides ran with the head's packages."],
    };
    const before = await readSide(tree);
    const after = ownSide(clone);
    abort.signal.throwIfAborted();
    const modes = reportsOf(before, after);
    compared = true;
    const [markdown, machine] = [previewMarkdown(modes, commits), previewJson(modes, commits)];
    if (out !== undefined) {
      await mkdir(out, { recursive: true });
      await writeFile(join(out, "preview.md"), markdown);
      await writeFile(join(out, "preview.json"), machine);
      console.error(`Wrote ${join(out, "preview.md")} and ${join(out, "preview.json")}`);
    } else {
      process.stdout.write(json ? machine : markdown);
    }
    const has = (...verdicts: string[]): boolean => modes.some(({ verdict }) => verdicts.includes(verdict));
    process.exitCode = has("error")
      ? exitCodes.failed
      : has("refused")
        ? previewCodes.refused
        : has("changed")
          ? previewCodes.changes
          : previewCodes.nothing;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

// What was begun is short, and ends by itself; the temporary folder goes then.
const abort = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => abort.abort(new Ended("interrupted", "Stopped.")));
}

await inWords(() =>
  newCommand(
    "npm run preview --",
    "What this branch changes of every mode, object by object and field by field, against where it began. Asks no cluster and needs no secret.",
  )
    .option(
      "--base <ref>",
      "branch, tag or commit to compare with (default: where the branch left origin/main, or main)",
    )
    .option("--json", "print JSON instead of Markdown")
    .option("--out <folder>", "write preview.md and preview.json there instead")
    .addHelpText(
      "after",
      "\nEnds with 0 where nothing changes, 2 with changes, 3 where a mode is refused, 1 with any error.",
    )
    .action(preview)
    .parseAsync(),
);
if (process.exitCode === exitCodes.usage && !compared) {
  process.exitCode = exitCodes.failed; // 2 is for changes
}
