/** Where both sides' programs run: a sandbox for as long as a preview lasts, with one cluster and one state. */
import { mkdir } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { type Engine, openEngine } from "../../engine/index.ts";
import { sandboxPaths } from "../sandbox/base/paths.ts";
import type { Sandbox } from "../sandbox/index.ts";
import { startKeyService } from "../sandbox/pulumi/key-service.ts";
import { syncProject } from "../sandbox/pulumi/project.ts";
import { removeAbandonedSandboxes, temporarySandbox } from "../sandbox/temporary.ts";
import type { Progress } from "../toolchain/base/progress.ts";

export interface Watching {
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Removes the sandbox however the work ends; what a killed preview left goes, too. */
export async function withSandbox<T>(
  { progress, signal }: Watching,
  work: (sandbox: Sandbox) => Promise<T>,
): Promise<T> {
  await removeAbandonedSandboxes();
  const [sandbox, keys] = await Promise.all([temporarySandbox(), startKeyService()]);
  try {
    // Nobody waits for a model that is simulated.
    const scenario = { name: "healthy", loadSeconds: 0.1, stopSeconds: 0.1 } as const;
    await sandbox.start({ progress, signal, scenario, keys });
    return await work(sandbox);
  } finally {
    await sandbox.remove();
    keys.close();
  }
}

/**
 * Pulumi on a tree's program and files, in a sandbox.
 * @param folder a new one, for the project that is made of the tree's files
 */
export async function engineOf(
  sandbox: Sandbox,
  { tree, folder, watching }: { tree: string; folder: string; watching: Watching },
): Promise<Engine> {
  const paths = { ...sandboxPaths(sandbox.dir), files: tree, project: folder };
  await mkdir(folder, { recursive: true });
  await syncProject(paths, tree);
  const { PATH = "", ...environment } = sandbox.environment();
  return openEngine({
    folder,
    environment: {
      ...environment,
      // Not the sandbox's own command, which works on the sandbox's own project.
      PATH: PATH.split(delimiter)
        .filter((one) => one !== paths.bin)
        .join(delimiter),
      VLLM_PLATFORM_PROJECT: folder,
      // As the sandbox's own command has it: collecting garbage is a tenth of short programs' work.
      GOGC: "off",
      GOMEMLIMIT: "256MiB",
    },
    signal: watching.signal,
    say: (text) => watching.progress.say(text),
  });
}

/** The folder of a side's project, beside its tree. */
export const projectFolder = (folder: string, side: "base" | "head"): string =>
  join(folder, `${side}-project`);
