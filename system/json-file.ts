import { readFile } from "node:fs/promises";
import { replaceFile } from "./replace-file.ts";

/** The file's content, or undefined where there is none or a crash left it half-written. */
export async function readJson<T>(file: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as T;
  } catch {
    return undefined;
  }
}

/** A reader never sees half of it, and nobody but its user any of it. */
export async function writeJson(file: string, value: unknown): Promise<void> {
  await replaceFile(file, `${JSON.stringify(value, null, 2)}\n`, 0o600);
}
