/** Files that a killed pulumi has left half written in a backend that is a folder. */
import { homedir } from "node:os";
import { basename } from "node:path";
import { backendFolder, removeEmptyAttributes } from "./pulumi-files.ts";
import type { RunPulumi } from "./run.ts";

/** Whether an error of pulumi's says that a file ended too early. */
export function isCutOff(errorText: string): boolean {
  return /(^|: )EOF\s*$/m.test(errorText);
}

/** Makes files readable again of which only the attributes were cut off, and says which; any others stay as they are. */
export async function fixCutOff({
  folder,
  run,
  say,
}: {
  folder: string;
  run: RunPulumi;
  say: (text: string) => void;
}): Promise<void> {
  const { url } = JSON.parse(await run(["whoami", "--json"])) as { url: string };
  const state = backendFolder(url, { home: homedir(), cwd: folder });
  const files = state === undefined ? [] : await removeEmptyAttributes(state);
  if (files.length > 0) {
    say(
      `A pulumi was killed while it wrote ${files.map((file) => basename(file)).join(", ")}; what it had written is whole.`,
    );
  }
}
