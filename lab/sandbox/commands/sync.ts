import { join } from "node:path";
import { UserError } from "../../../system/errors.ts";
import { findToolchain } from "../../toolchain/index.ts";
import { defaultSandboxDir, sandboxPaths } from "../base/paths.ts";
import { childEnvironment, sandboxVariables } from "../pulumi/environment.ts";
import { projectName, syncProject } from "../pulumi/project.ts";
import { afterwards } from "../pulumi/shim.ts";
import { initStacks } from "../pulumi/state.ts";
import { runEntry } from "./entry.ts";

/** Run by the shim when a stack file differs from what the sandbox has: a new mode gets its stack. And after a pulumi that may have written one. */
await runEntry(async () => {
  const paths = sandboxPaths(defaultSandboxDir());
  const toolchain = findToolchain(["pulumi"]);
  if (toolchain === undefined) throw new UserError("The toolchain is incomplete; run `npm start`.");
  for (const note of await syncProject(paths)) console.error(note);
  if (process.argv.includes(afterwards)) return;
  const env = childEnvironment(sandboxVariables(paths, toolchain));
  // What is wrong with Pulumi.yaml is said by the command itself, which can often do its work all the same.
  const named = await projectName(paths.files).catch(() => undefined);
  if (named === undefined) return;
  const notes = await initStacks(paths, { pulumi: join(toolchain.bin, "pulumi"), env });
  for (const note of notes) console.error(note);
});
