/** Installs LiteLLM into a folder, each package held by its hash; what is complete there is used again. */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runStep } from "../run-step.ts";
import type { Progress } from "../toolchain/base/progress.ts";

const requirements = join(import.meta.dirname, "requirements.txt");

/** Where the command lies that starts the proxy. */
export const programIn = (folder: string): string => join(folder, "venv", "bin", "litellm");

/** @throws UserError with what pip or Python says */
export async function installLiteLlm(folder: string, python: string, progress: Progress): Promise<void> {
  const complete = join(folder, "complete");
  if (existsSync(complete)) return;
  await mkdir(folder, { recursive: true });
  const venv = join(folder, "venv");
  const pip = [
    "-m",
    "pip",
    "install",
    "--quiet",
    "--no-deps",
    "--require-hashes",
    "--requirement",
    requirements,
  ];
  for (const [title, usual, command, args] of [
    ["Making a virtual environment", 10, python, ["-m", "venv", venv]],
    ["Installing LiteLLM", 60, join(venv, "bin", "python"), pip],
  ] as const) {
    await progress.step(title, { usual }, () => runStep(title, command, args));
  }
  await writeFile(complete, "");
}
