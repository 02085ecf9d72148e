import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { shellQuote } from "../../../system/shell-quote.ts";
import { projectRoot, type SandboxPaths } from "../base/paths.ts";
import { trackedCopies } from "./project.ts";

const syncFile = fileURLToPath(new URL("../commands/sync.ts", import.meta.url));

/**
 * Writes the `pulumi` and the `gpu-mode` of the sandbox's shell: each compares the stack files with those that its project was
 * made from (some milliseconds), has it made anew where they differ, and becomes the real command. A pulumi that may
 * write into a stack file is followed by another look, which takes what it wrote into the tracked file.
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
        tracked: paths.files,
        copied: trackedCopies(paths),
        command,
        sync: [process.execPath, syncFile],
        temporary: paths.temporary,
        apiServer: paths.apiServerPid,
        project: paths.project,
      }),
    );
    await chmod(file, 0o755);
  }
}

/** Argument of the synchronization that follows a command: a stack that it has removed stays removed. */
export const afterwards = "afterwards";

interface Shim {
  readonly tracked: string;
  readonly copied: string;
  /** The real command. */
  readonly command: readonly string[];
  /** The command that makes the project equal to the stack files. */
  readonly sync: readonly string[];
  /** Folder for temporary files of pulumi and its plugins. */
  readonly temporary: string;
  /** Where the command works, in place of the folder with the stack files. */
  readonly project: string;
  /** File with the id of the API server's process. */
  readonly apiServer: string;
}

export function shimText({ tracked, copied, command, sync, temporary, project, apiServer }: Shim): string {
  return `#!/bin/sh
# Written by the vllm-platform sandbox: a command on the sandbox and on the clone's stack files.
tracked=${shellQuote(tracked)}
copied=${shellQuote(copied)}
api_server=${shellQuote(apiServer)}
up_to_date() {
  for file in "$tracked"/Pulumi.yaml "$tracked"/Pulumi.*.yaml; do
    cmp -s "$file" "$copied/\${file##*/}" || return 1
  done
  for file in "$copied"/Pulumi.*.yaml; do
    [ ! -e "$file" ] || [ -e "$tracked/\${file##*/}" ] || return 1
  done
}
sync() { ${sync.map(shellQuote).join(" ")} "$@"; }
stopped() { [ -e "$api_server" ] && ! kill -0 "$(cat "$api_server")" 2>/dev/null; }
up_to_date || sync || exit $?
asks_cluster=yes
writes=no
before=
for word; do
  case $word in
    stack) others_write=$writes writes=yes ;;
    config | -c | -c=* | --config | --config=*) writes=yes ;;
    plan | init | -h | --help | --version | version) asks_cluster=no ;;
  esac
  case "$before $word" in
    "stack export" | "stack ls" | "stack output") writes=$others_write asks_cluster=no ;;
  esac
  before=$word
done
if [ $writes$asks_cluster = noyes ] && stopped; then
  echo "The sandbox is not running; npm start starts it." >&2
fi
export TMPDIR=${shellQuote(temporary)}
# Pulumi and its plugins are short-lived: collecting garbage is a tenth of their work. Not exported to the shell itself.
export GOGC=off GOMEMLIMIT=256MiB
[ "$VLLM_PLATFORM_PROJECT" != "$tracked" ] || export VLLM_PLATFORM_PROJECT=${shellQuote(project)}
[ "$PULUMI_OPTION_CWD" != "$tracked" ] || export PULUMI_OPTION_CWD=${shellQuote(project)}
if [ $writes = no ]; then
  exec ${command.map(shellQuote).join(" ")} "$@"
fi
# Ctrl-C ends the command; what it has written is looked at all the same.
trap : INT
${command.map(shellQuote).join(" ")} "$@"
status=$?
sync ${afterwards}
exit $status
`;
}
