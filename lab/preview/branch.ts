/** A branch against where it began: what both sides declare first, then what Pulumi says. */
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exitCodes, UserError } from "../../system/errors.ts";
import { projectRoot } from "../sandbox/base/paths.ts";
import { findToolchain } from "../toolchain/index.ts";
import { askEngine, type Told } from "./ask-engine.ts";
import { changedFiles, whyNotAsked } from "./changed-files.ts";
import { type Output, publish, publishFirst } from "./publish.ts";
import type { Commits } from "./report.ts";
import { headOf, now } from "./report-head.ts";
import { git, ownSide, readSide, type Side, takeOut } from "./side.ts";
import { type ModeReport, reportsOf } from "./verdict.ts";
import { withEngine } from "./with-engine.ts";
import type { Watching } from "./world.ts";

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

/** @returns the exit status */
export async function previewBranch(
  output: Output,
  { base: asked, engine }: { base?: string; engine: boolean },
  watching: Watching,
): Promise<number> {
  const clone = projectRoot;
  const base = asked === undefined ? await findBase(clone) : await namedBase(clone, asked);
  const [head, shortBase] = await Promise.all([
    headOf(clone),
    git(clone, "rev-parse", "--short", base.commit),
  ]);
  const folder = await mkdtemp(join(tmpdir(), "vllm-platform-preview-"));
  try {
    const tree = join(folder, "base");
    await takeOut(clone, base.commit, tree);
    const samePackages =
      readFileSync(join(tree, "package-lock.json"), "utf8") ===
      readFileSync(join(clone, "package-lock.json"), "utf8");
    const commits = (...notes: string[]): Commits => ({
      head,
      base: shortBase,
      baseName: base.name,
      at: now(),
      notes: [
        ...(samePackages ? [] : ["package-lock.json changed; both sides ran with the head's packages."]),
        ...notes,
      ],
      again: `--base ${shortBase}`,
    });
    const before = await readSide(tree);
    const after = ownSide(clone);
    watching.signal.throwIfAborted();
    const modes = reportsOf(before, after);
    const without = engine ? toolchainMissing() : "--no-engine was asked for";
    if (without !== undefined) {
      return await publish(output, modes, commits(`Pulumi was not asked: ${without}.`));
    }
    const changed = await changedFiles(clone, base.commit);
    const reasons = modes.map(
      (one) => [one, whyNotAsked(one, { changed, isGone: !after.has(one.mode) })] as const,
    );
    const asks = reasons.flatMap(([{ mode }, why]) => (why === undefined ? [mode] : []));
    const spared = reasons.map(
      ([one, why]): ModeReport => (why === undefined ? one : withEngine(one, { state: "not asked", why })),
    );
    if (asks.length === 0) {
      return await publish(output, spared, commits());
    }
    await publishFirst(output, spared, commits(`Pulumi is being asked about ${asks.join(", ")}.`));
    const answers = await askPulumi(
      asks,
      { before, trees: { base: tree, head: clone }, folder },
      watching,
    ).catch((error: unknown) => {
      watching.signal.throwIfAborted();
      if (error instanceof UserError) return error;
      throw error;
    });
    if (answers instanceof UserError) {
      await publish(output, spared, commits(`Pulumi could not be asked: ${answers.message}`));
      return exitCodes.failed;
    }
    const whole = spared.map((one) => withEngine(one, answers.get(one.mode) ?? one.engine));
    return await publish(output, whole, commits());
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Building it takes minutes, which nobody who asks for a preview has asked for. */
function toolchainMissing(): string | undefined {
  return findToolchain() === undefined
    ? "its parts are not here yet (`npm run toolchain` brings them, once)"
    : undefined;
}

async function askPulumi(
  modes: readonly string[],
  { before, trees, folder }: { before: Side; trees: Record<"base" | "head", string>; folder: string },
  watching: Watching,
): Promise<Map<string, Told>> {
  // What brings a sandbox is not loaded for the part that takes seconds.
  const { engineOf, projectFolder, withSandbox } = await import("./world.ts");
  return withSandbox(watching, async (sandbox) => {
    const engine = (side: "base" | "head") =>
      engineOf(sandbox, { tree: trees[side], folder: projectFolder(folder, side), watching });
    const [base, head] = [await engine("base"), await engine("head")];
    const hasBase = (mode: string): boolean => before.get(mode)?.state === "declared";
    return askEngine(modes, { base, head, hasBase }, watching.progress);
  });
}
