import { join } from "node:path";
import { removeEmpty } from "../../../engine/files.ts";
import type { Toolchain } from "../../toolchain/index.ts";
import { makeFolders, type SandboxPaths } from "../base/paths.ts";
import { endLeftPlugins } from "../base/processes.ts";
import { childEnvironment, sandboxVariables } from "./environment.ts";
import { type KeyService, keyServiceUrl } from "./key-service.ts";
import { makePassphrase, makePulumiHome, syncProject } from "./project.ts";
import { writeShims } from "./shim.ts";
import { clearPendingOperations, clearStaleLocks, initStacks } from "./state.ts";

/**
 * Project, stacks and shim; traces of a killed pulumi are removed.
 *
 * @param keys encrypt in place of the passphrase
 * @returns sentences for the user.
 */
export async function preparePulumi(
  paths: SandboxPaths,
  toolchain: Toolchain,
  keys?: KeyService,
): Promise<string[]> {
  await makeFolders(paths);
  await makePassphrase(paths);
  await makePulumiHome(paths, toolchain.plugins);
  const notes = await syncProject(paths);
  const pulumi = join(toolchain.bin, "pulumi");
  await writeShims(paths, pulumi);
  await endLeftPlugins(paths);
  await removeEmpty(paths.state);
  const command = {
    pulumi,
    env: childEnvironment({ ...sandboxVariables(paths, toolchain), ...keys?.variables }),
  };
  notes.push(...(await initStacks(paths, command, keys && keyServiceUrl)));
  // What pulumi has written into new stacks' files is the sandbox's own.
  notes.push(...(await syncProject(paths)));
  for (const stack of await clearStaleLocks(paths))
    notes.push(`Stack ${stack} was locked by a pulumi that has been killed; it is free again.`);
  for (const stack of await clearPendingOperations(paths, command)) {
    notes.push(
      `Stack ${stack} had operations under way when pulumi was killed; this run finds out what they did.`,
    );
  }
  return notes;
}
