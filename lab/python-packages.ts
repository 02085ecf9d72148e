/** Installs programs of Python into a folder, each package held by its hash; what is complete there is used again. */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runStep } from "./run-step.ts";
import type { Progress } from "./toolchain/base/progress.ts";

export interface PythonPackages {
  /** What is installed, in words. */
  readonly title: string;
  /** The file that names each package with its version and its hashes. */
  readonly requirements: string;
  readonly folder: string;
  /** The Python to install with. */
  readonly python: string;
  /** Seconds that it takes. */
  readonly usual: number;
}

/** Where a program lies that such packages bring. */
export const programIn = (folder: string, name: string): string => join(folder, "venv", "bin", name);

/** @throws UserError with what pip or Python says */
export async function installPackages(
  { title, requirements, folder, python, usual }: PythonPackages,
  progress: Progress,
): Promise<void> {
  const complete = join(folder, "complete");
  if (existsSync(complete)) return;
  await mkdir(folder, { recursive: true });
  const venv = join(folder, "venv");
  const pip = ["-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"];
  for (const [step, seconds, command, args] of [
    ["Making a virtual environment", 10, python, ["-m", "venv", venv]],
    [`Installing ${title}`, usual, join(venv, "bin", "python"), [...pip, "--requirement", requirements]],
  ] as const) {
    await progress.step(step, { usual: seconds }, () => runStep(step, command, args));
  }
  await writeFile(complete, "");
}
