/** A real node on this machine: kubelet, containerd and what they need, in a network, mounts and processes of its own. */
import { openSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { Ended, UserError } from "../../system/errors.ts";
import { startInBackground } from "../in-background.ts";
import { removeCgroup } from "./cgroups.ts";
import { addresses } from "./configuration.ts";
import { whyNoNode } from "./refusal.ts";
import { cgroupOf, controlSocket, type NodeCommand, type NodeSpec, nodeArgument, specFile } from "./spec.ts";

export { emptyNode, fillNode, restoreModels, shrinkModels } from "./disks.ts";
export { type RunningContainer, Runtime } from "./runtime.ts";
export {
  cgroupOf,
  firstProcessFile,
  modelsFolder,
  type NodeCommand,
  type NodeExecutables,
  type NodeSpec,
  networkProcessFile,
  nodeArgument,
} from "./spec.ts";
export { whyNoNode };

/** The node's own, in the network outside of it. */
export const nodeAddress: string = addresses.node;

const program = fileURLToPath(new URL("programs/node.ts", import.meta.url));

/**
 * Starts a node in the background; what an earlier one has left in the folder must have been removed. Ready once pods can be run there.
 * @throws UserError where this machine cannot have one, or a part of it does not start
 */
export async function startNode(spec: NodeSpec): Promise<void> {
  const { folder } = spec;
  await requireRealNode(folder);
  await mkdir(join(folder, "logs"), { recursive: true });
  await writeFile(specFile(folder), JSON.stringify(spec), { mode: 0o600 });
  const logFile = join(folder, "logs", "node.log");
  const log = openSync(logFile, "w", 0o600);
  const ready = await startInBackground(program, nodeArgument(folder), { folder, log });
  if (!ready) {
    const said = readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-20).join("\n");
    throw new UserError(
      `The real node did not start; all that its parts said is in ${join(folder, "logs")}.\n${said}`,
    );
  }
}

/** @throws Ended, refused, where this machine cannot have a real node, with what is missing */
export async function requireRealNode(folder: string): Promise<void> {
  const why = await whyNoNode(folder);
  if (why !== undefined) throw new Ended("refused", `No real node can run here: ${why}.`);
}

/** Has it done. @throws Error with the node's words where that fails */
export async function tellNode(folder: string, command: NodeCommand): Promise<void> {
  const connection = connect(controlSocket(folder));
  connection.write(`${command}\n`);
  const answer = (await text(connection)).trim();
  if (answer !== "done") throw new Error(`The node was told "${command}": ${answer}`);
}

/** Ends and removes what is left of a node whose program has ended, however that ended. */
export const removeLeftovers = (folder: string): Promise<void> => removeCgroup(cgroupOf(folder));
