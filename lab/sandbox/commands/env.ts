import { UserError } from "../../../system/errors.ts";
import { newCommand } from "../../../system/terminal/command-line.ts";
import { cacheFolder } from "../../toolchain/base/cache.ts";
import { findToolchain } from "../../toolchain/index.ts";
import { defaultSandboxDir, sandboxPaths } from "../base/paths.ts";
import { isClusterRunning } from "../cluster/index.ts";
import { shellCode } from "../pulumi/environment.ts";
import { runEntry } from "./entry.ts";

/** `eval "$(npm run -s env)"`: prints shell code, and nothing else, on standard output. */
await runEntry(() =>
  newCommand(
    "npm run -s env --",
    'Prints shell code: after `eval "$(npm run -s env)"`, gpu-mode, pulumi and kubectl act on the sandbox.',
  )
    .action(env)
    .parseAsync(),
);

async function env(): Promise<void> {
  const paths = sandboxPaths(defaultSandboxDir());
  if (!(await isClusterRunning(paths))) {
    throw new UserError("The sandbox is not running; start it with `npm start`.");
  }
  const toolchain = findToolchain();
  if (toolchain === undefined) {
    throw new UserError(
      `The sandbox runs, but its toolchain is not in ${cacheFolder()}: correct HOME or VLLM_PLATFORM_CACHE, or run \`npm start\`.`,
    );
  }
  process.stdout.write(shellCode(paths, toolchain));
}
