/** Brings zizmor, which says what in a workflow could be abused. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { finish } from "../../system/processes.ts";
import { installPackages, programIn } from "../python-packages.ts";
import type { Progress } from "../toolchain/base/progress.ts";
import { folderInCache } from "../toolchain/index.ts";

const requirements = join(import.meta.dirname, "requirements.txt");
const python = "python3";

/** Why there can be no zizmor here, if there cannot. */
export async function whyNoZizmor(): Promise<string | undefined> {
  const { platform, arch } = process;
  if (!["linux", "darwin"].includes(platform) || !["x64", "arm64"].includes(arch)) {
    return `zizmor has no wheel for ${platform} on ${arch}`;
  }
  // Debian has venv and pip in packages of their own.
  const there = await finish(python, ["-c", "import venv, ensurepip"]).catch(() => undefined);
  return there?.status === 0 ? undefined : `zizmor needs ${python} with venv (Debian: python3-venv)`;
}

/** Installs it where it is missing. @returns the program. @throws UserError with what pip or Python says */
export async function zizmor(progress: Progress): Promise<string> {
  const version = /^zizmor==(\S+)/m.exec(readFileSync(requirements, "utf8"))?.[1] ?? "";
  const folder = await folderInCache("zizmor", version);
  await installPackages({ title: "zizmor", requirements, folder, python, usual: 10 }, progress);
  return programIn(folder, "zizmor");
}
