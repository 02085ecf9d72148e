// Somebody who has just cloned the project: a home folder without anything, and an older Node.js.
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { outputOf } from "../../../system/processes.ts";
import { projectRoot } from "../../sandbox/base/paths.ts";
import { cacheFolder, folderInCache } from "../../toolchain/index.ts";

/** npm's package with a Node.js for this machine; undefined where it has none of the version that is asked for. */
export const nodePackage = process.platform === "linux" ? `node-linux-${process.arch}` : undefined;

/** What steers npm's downloads, which is the machine's and not the user's own. */
const npmSettings = ["userconfig", "globalconfig", "cache"] as const;

export class Newcomer {
  readonly folder: string;
  readonly home: string;
  readonly #npm: Record<string, string>;

  private constructor(folder: string, npm: Record<string, string>) {
    this.folder = folder;
    this.home = join(folder, "home");
    this.#npm = npm;
  }

  static async arrive(): Promise<Newcomer> {
    const folder = await mkdtemp(join(tmpdir(), "vllm-platform-newcomer-"));
    const npm: Record<string, string> = {};
    for (const name of npmSettings) {
      npm[`npm_config_${name}`] = (
        await outputOf("npm", ["config", "get", name], { cwd: projectRoot })
      ).trim();
    }
    await mkdir(join(folder, "home"));
    return new Newcomer(folder, npm);
  }

  leave(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }

  /** A clone of what is committed here. */
  async clone(name: string): Promise<string> {
    const clone = join(this.folder, name);
    const config = join(this.folder, "gitconfig");
    // git mistrusts a repository of another user, which a checkout can be.
    await writeFile(config, "[safe]\n  directory = *\n");
    const env = { ...process.env, GIT_CONFIG_GLOBAL: config };
    await outputOf("git", ["clone", "--quiet", projectRoot, clone], { env });
    return clone;
  }

  /**
   * Nothing of the command that runs this, nor of its packages, is handed down.
   * @param first a folder to put first on PATH
   */
  environment(more: Record<string, string> = {}, first?: string): NodeJS.ProcessEnv {
    const ours = /^(npm_.*|node|node_options|node_path|init_cwd|vllm_platform_.*|kube.*|pulumi_.*|xdg_.*)$/i;
    const kept = Object.entries(process.env).filter(
      ([name]) => !ours.test(name) || /^npm_config_.*(registry|proxy|cafile)/i.test(name),
    );
    const path = (process.env.PATH ?? "").split(delimiter).filter((dir) => !dir.includes("node_modules"));
    return {
      ...Object.fromEntries(kept),
      ...this.#npm,
      HOME: this.home,
      PATH: [...(first === undefined ? [] : [first]), ...path].join(delimiter),
      VLLM_PLATFORM_CACHE: cacheFolder(),
      ...more,
    };
  }
}

/** The folder of a Node.js of exactly that version, brought by npm into the project's cache once. */
export async function nodeFolder(version: string): Promise<string> {
  if (nodePackage === undefined) throw new Error(`npm's node packages are not used on ${process.platform}`);
  const folder = await folderInCache("node-releases", version);
  const bin = join(folder, "node_modules", nodePackage, "bin");
  if (!existsSync(bin)) {
    const unfinished = `${folder}.unfinished-${process.pid}`;
    await mkdir(unfinished, { recursive: true });
    try {
      const args = ["install", "--prefix", unfinished, "--no-save", "--no-audit", "--no-fund"];
      await outputOf("npm", [...args, `${nodePackage}@${version}`], { cwd: unfinished });
      await rename(unfinished, folder);
    } finally {
      await rm(unfinished, { recursive: true, force: true });
    }
  }
  return bin;
}
