import { join } from "node:path";
import { UserError } from "../../../system/errors.ts";
import { findToolchain } from "../../toolchain/index.ts";
import { defaultSandboxDir, sandboxPaths } from "../base/paths.ts";
import { childEnvironment, sandboxVariables } from "../pulumi/environment.ts";
import { syncProject } from "../pulumi/project.ts";
import { initStacks } from "../pulumi/state.ts";
import { runEntry } from "./entry.ts";

/** Run by the shim when a tracked file differs from what the sandbox has; a new mode gets its stack. */
await runEntry(async () => {
  const paths = sandboxPaths(defaultSandboxDir());
  const toolchain = findToolchain(["pulumi"]);
  if (toolchain === undefined) throw new UserError("The toolchain is incomplete; run `npm start`.");
  for (const note of await syncProject(paths)) console.error(note);
  const env = childEnvironment(sandboxVariables(paths, toolchain));
  await initStacks(paths, { pulumi: join(toolchain.bin, "pulumi"), env });
  return 0;
});
