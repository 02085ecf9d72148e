import { findToolchain } from "../toolchain/index.ts";
import { UserError } from "../toolchain/user-error.ts";
import { isClusterRunning } from "./cluster.ts";
import { runEntry } from "./entry.ts";
import { shellCode } from "./environment.ts";
import { defaultSandboxDir, sandboxPaths } from "./paths.ts";

/** `eval "$(npm run -s env)"`: prints shell code, and nothing else, on standard output. */
await runEntry(async () => {
  const paths = sandboxPaths(defaultSandboxDir());
  const toolchain = findToolchain();
  if (toolchain === undefined || !(await isClusterRunning(paths))) {
    throw new UserError("The sandbox is not running; start it with `npm start`.");
  }
  process.stdout.write(shellCode(paths, toolchain));
  return 0;
});
