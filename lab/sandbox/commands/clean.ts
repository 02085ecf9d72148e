import { UserError } from "../../../system/errors.ts";
import { endHolder } from "../../../system/lock.ts";
import { newCommand } from "../../../system/terminal/command-line.ts";
import { isThere, type OwnFolder, removeFolder } from "../../toolchain/base/own-folder.ts";
import { ownCache } from "../../toolchain/index.ts";
import { defaultSandboxDir, ownSandbox, sandboxPaths } from "../base/paths.ts";
import { stopCluster } from "../cluster/index.ts";
import { runEntry } from "./entry.ts";

/** `npm run clean`: ends the sandbox's processes and removes its folder; with `--cache` the toolchain, too. */
await runEntry(() =>
  newCommand(
    "npm run clean --",
    "Removes the sandbox: its processes, its cluster's state and its Pulumi stacks. Nothing else is touched.",
  )
    .option("--cache", "also remove the toolchain, which all clones of this user share")
    .action(clean)
    .parseAsync(),
);

async function clean({ cache }: { cache?: boolean }): Promise<void> {
  const paths = sandboxPaths(defaultSandboxDir());
  const sandbox = ownSandbox(paths);
  const folders = [sandbox, ...(cache ? [ownCache()] : [])];
  // Both are looked at before one is removed.
  const there = await Promise.all(folders.map(isThere));
  if (there[0]) {
    await endHolder(paths.lock);
    await stopCluster(paths, "by force");
  }
  for (const [place, own] of folders.entries()) {
    if (there[place]) await remove(own);
    else console.log(`There is no folder of ${own.title} (${own.folder}).`);
  }
}

async function remove(own: OwnFolder): Promise<void> {
  const { title, folder } = own;
  try {
    await removeFolder(own);
  } catch (error) {
    throw new UserError(
      `The folder of ${title} cannot be removed (${error instanceof Error ? error.message : error}): it may be another user's; remove it as that user.`,
    );
  }
  console.log(`Removed ${title}: ${folder}.`);
}
