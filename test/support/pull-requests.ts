// A clone with the project as it is here for a base, in which a test makes pull requests.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { takeOut } from "../../lab/preview/side.ts";
import { projectRoot } from "../../lab/sandbox/base/paths.ts";

export interface Clone {
  readonly folder: string;
  git(...words: string[]): string;
  /** @throws where the change changes nothing */
  edit(file: string, change: (text: string) => string): void;
  write(file: string, text: string): void;
  read(file: string): string;
  remove(): void;
}

/** Whose branch `main` holds what is here now, committed or not. Who takes it removes it. */
export function makeClone(): Clone {
  const folder = mkdtempSync(join(tmpdir(), "preview-"));
  const git = (...words: string[]): string =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.org", ...words], {
      cwd: folder,
      encoding: "utf8",
    }).trim();
  const file = (name: string): string => join(folder, name);
  const read = (name: string): string => readFileSync(file(name), "utf8");
  for (const name of [
    ...["cli", "cluster", "components", "engine", "lab", "operations", "stacks", "system", "policy-pack"],
    ...["index.ts", "main.mjs", "lean-sdk.mjs", "package.json", "package-lock.json", "Pulumi.yaml"],
    ...["ml", "r1", "coder", "gaming"].map((mode) => `Pulumi.${mode}.yaml`),
  ]) {
    cpSync(join(projectRoot, name), file(name), { recursive: true });
  }
  writeFileSync(file(".gitignore"), "node_modules\n");
  symlinkSync(join(projectRoot, "node_modules"), file("node_modules"));
  git("init", "--quiet", "--initial-branch=main");
  git("add", "--all");
  git("commit", "--quiet", "--message=base");
  return {
    folder,
    git,
    read,
    write: (name, text) => writeFileSync(file(name), text),
    edit(name, change) {
      const text = read(name);
      const changed = change(text);
      if (changed === text) throw new Error(`nothing of ${name} is changed`);
      writeFileSync(file(name), changed);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A pull request against `main`: its files in a folder of their own, as a runner has them. The clone is as it was then. */
export async function pullRequest(clone: Clone, tree: string, change: () => void): Promise<string> {
  change();
  clone.git("checkout", "--quiet", "-b", tree.split("/").at(-1) ?? "");
  clone.git("add", "--all");
  clone.git("commit", "--quiet", "--message=change");
  const commit = clone.git("rev-parse", "HEAD");
  clone.git("checkout", "--quiet", "main");
  await takeOut(clone.folder, commit, tree);
  return tree;
}
