import type { Context } from "mocha";
import { whyNoNode } from "../../lab/node/index.ts";
import { sandboxPaths } from "../../lab/sandbox/base/paths.ts";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { nodeParts } from "../../lab/sandbox/phases.ts";
import { ensureToolchain } from "../../lab/toolchain/index.ts";
import { silentProgress } from "./sandbox.ts";

/** Milliseconds in which the toolchain must have what it builds on a first run: some minutes each on two cores. */
const firstRun = 1_800_000;

/** Starts a sandbox with a real node, or skips the tests where none can run. @returns the node's folder */
export async function startRealNode(sandbox: Sandbox, context: Context): Promise<string> {
  context.timeout(firstRun);
  const { node } = sandboxPaths(sandbox.dir);
  const why = await whyNoNode(node);
  if (why !== undefined) {
    console.log(`    left out: ${why}`);
    context.skip();
  }
  await ensureToolchain({ progress: silentProgress, parts: nodeParts });
  await sandbox.start({ progress: silentProgress, gpuNode: "real" });
  return node;
}
