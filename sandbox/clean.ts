import { chmod, lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { cacheFolder } from "../toolchain/index.ts";
import { UserError } from "../toolchain/user-error.ts";
import { stopCluster } from "./cluster.ts";
import { runEntry } from "./entry.ts";
import { endHolder } from "./lock.ts";
import { defaultSandboxDir, sandboxPaths } from "./paths.ts";
import { exists } from "./project.ts";

/** `npm run clean`: ends the sandbox's processes and removes its folder; with `--cache` the toolchain, too. */
await runEntry(async () => {
  const command = new Command("npm run clean --")
    .description(
      "Removes the sandbox: its processes, its cluster's state and its Pulumi stacks. Nothing else is touched.",
    )
    .option("--cache", "also remove the toolchain, which all clones of this user share")
    .parse(process.argv.slice(2), { from: "user" });
  const paths = sandboxPaths(defaultSandboxDir());
  if (await exists(paths.dir)) {
    await endHolder(paths);
    await stopCluster(paths, "by force");
  }
  await removeFolder("the sandbox", paths.dir);
  if (command.opts<{ cache?: boolean }>().cache) await removeFolder("the toolchain", cacheFolder());
  return 0;
});

async function removeFolder(what: string, folder: string): Promise<void> {
  if (!(await exists(folder))) {
    console.log(`There is no folder of ${what} (${folder}).`);
    return;
  }
  const bytes = await sizeOf(folder);
  try {
    // Go's module cache is read-only.
    await rm(folder, { recursive: true, force: true }).catch(async () => {
      await makeWritable(folder);
      await rm(folder, { recursive: true, force: true });
    });
  } catch (error) {
    throw new UserError(
      `The folder of ${what} cannot be removed (${error instanceof Error ? error.message : error}): it may be another user's; remove it as that user.`,
    );
  }
  console.log(`Removed ${what}: ${folder} (${Math.round(bytes / 1e6)} MB).`);
}

async function sizeOf(path: string): Promise<number> {
  const stats = await lstat(path);
  if (!stats.isDirectory()) return stats.size;
  let bytes = 0;
  for (const name of await readdir(path)) bytes += await sizeOf(join(path, name));
  return bytes;
}

async function makeWritable(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeWritable(join(folder, entry.name));
  }
}
