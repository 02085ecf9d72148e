import { endHolder } from "../../../system/lock.ts";
import { newCommand } from "../../../system/terminal/command-line.ts";
import { defaultSandboxDir, sandboxPaths } from "../base/paths.ts";
import { runningProcesses } from "../base/processes.ts";
import { stopCluster } from "../cluster/index.ts";
import { exists } from "../pulumi/project.ts";
import { runEntry } from "./entry.ts";

/** `npm run stop`: ends the sandbox's processes and keeps its state. */
await runEntry(() =>
  newCommand(
    "npm run stop --",
    "Ends the sandbox's processes and keeps its state; npm start goes on with it.",
  )
    .action(stop)
    .parseAsync(),
);

async function stop(): Promise<void> {
  const paths = sandboxPaths(defaultSandboxDir());
  if (!(await exists(paths.dir))) {
    console.log("There is no sandbox.");
    return;
  }
  const command = await endHolder(paths.lock);
  if (command !== undefined) console.log(`Ended a running ${command}.`);
  const running = await runningProcesses(paths);
  await stopCluster(paths);
  console.log(
    running.length === 0
      ? "The sandbox was not running."
      : `Stopped ${running.map(({ name }) => name).join(", ")}. Its state is kept; npm start goes on with it.`,
  );
}
