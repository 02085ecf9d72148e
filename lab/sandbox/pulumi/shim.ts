import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { shellQuote } from "../../../system/shell-quote.ts";
import { projectRoot, type SandboxPaths } from "../base/paths.ts";
import { trackedCopies } from "./project.ts";

const syncFile = fileURLToPath(new URL("../commands/sync.ts", import.meta.url));

/**
 * Writes the `pulumi` and the `gpu-mode` of the sandbox's shell: each compares the tracked files with what was copied last
 * (some milliseconds), has the copies brought up to date where they differ, and becomes the real command.
 */
export async function writeShims(
  paths: SandboxPaths,
  pulumi: string,
  root: string = projectRoot,
): Promise<void> {
  await mkdir(paths.bin, { recursive: true, mode: 0o700 });
  const commands = { pulumi: [pulumi], "gpu-mode": [process.execPath, join(root, "cli", "gpu-mode.mjs")] };
  for (const [name, command] of Object.entries(commands)) {
    const file = join(paths.bin, name);
    await rm(file, { force: true });
    await writeFile(
      file,
      shimText({
        tracked: root,
        copied: trackedCopies(paths),
        command,
        sync: [process.execPath, syncFile],
        temporary: paths.temporary,
      }),
    );
    await chmod(file, 0o755);
  }
}

interface Shim {
  readonly tracked: string;
  readonly copied: string;
  /** The real command. */
  readonly command: readonly string[];
  /** The command that brings the copies up to date. */
  readonly sync: readonly string[];
  /** Folder for temporary files of pulumi and its plugins. */
  readonly temporary: string;
}

export function shimText({ tracked, copied, command, sync, temporary }: Shim): string {
  return `#!/bin/sh
# Written by the vllm-platform sandbox: a command on the sandbox's copies of the stack files.
tracked=${shellQuote(tracked)}
copied=${shellQuote(copied)}
up_to_date() {
  for file in "$tracked"/Pulumi.yaml "$tracked"/Pulumi.*.yaml; do
    cmp -s "$file" "$copied/\${file##*/}" || return 1
  done
  for file in "$copied"/Pulumi.*.yaml; do
    [ ! -e "$file" ] || [ -e "$tracked/\${file##*/}" ] || return 1
  done
}
up_to_date || ${sync.map(shellQuote).join(" ")} || exit $?
TMPDIR=${shellQuote(temporary)} exec ${command.map(shellQuote).join(" ")} "$@"
`;
}
