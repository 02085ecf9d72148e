import { spawn } from "node:child_process";
import { constants } from "node:os";
import { UserError } from "../../../system/errors.ts";
import { findToolchain } from "../../toolchain/index.ts";
import { defaultSandboxDir, sandboxPaths } from "../base/paths.ts";
import { isClusterRunning } from "../cluster/index.ts";
import { childEnvironment, sandboxVariables } from "../pulumi/environment.ts";
import { runEntry } from "./entry.ts";

/** `npm run kubectl -- <arguments>`: kubectl on the sandbox's cluster, with its own input, output and exit status. */
await runEntry(async () => {
  const paths = sandboxPaths(defaultSandboxDir());
  const toolchain = findToolchain(["kubectl"]);
  if (toolchain === undefined || !(await isClusterRunning(paths))) {
    throw new UserError("The sandbox is not running; start it with `npm start`.");
  }
  const env = childEnvironment(sandboxVariables(paths, toolchain));
  const child = spawn(toolchain.path("kubectl"), process.argv.slice(2), { env, stdio: "inherit" });
  // A terminal's Ctrl-C reaches kubectl itself; what it makes of it is its exit status.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  process.exitCode = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
});
