/** A node in the background, until it is told to end: `node.ts --node=<folder>`, with what it is to be in that folder. */
import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { runNode } from "../run.ts";
import { controlSocket, type NodeCommand, type NodeSpec, nodeArgument, specFile } from "../spec.ts";

const prefix = nodeArgument("");
const folder = process.argv.find((word) => word.startsWith(prefix))?.slice(prefix.length);
if (folder === undefined) throw new Error(`node.ts needs ${prefix}<folder>`);
const node = await runNode(JSON.parse(readFileSync(specFile(folder), "utf8")) as NodeSpec);

await rm(controlSocket(folder), { force: true });
const commands: Record<NodeCommand, () => void | Promise<void>> = {
  "gpu present": () => node.gpu.set("present"),
  "gpu gone": () => node.gpu.set("gone"),
  "power on": node.restorePower,
  "power off": node.cutPower,
  "restart containerd": () => node.restart("containerd"),
  "restart kubelet": () => node.restart("kubelet"),
};
const control = createServer((connection) => {
  createInterface({ input: connection }).on("line", async (line) => {
    try {
      await commands[line as NodeCommand]();
      connection.end("done\n");
    } catch (error) {
      connection.end(`${error}\n`);
    }
  });
});
await new Promise<void>((listening) => control.listen(controlSocket(folder), listening));

let ending = false;
async function end(status: number): Promise<void> {
  if (ending) return;
  ending = true;
  control.close();
  await node.close();
  process.exit(status);
}
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void end(0));
process.send?.("ready");
if (process.connected) process.disconnect();
const why = await node.broken;
if (!ending) console.error(new Date().toISOString(), why);
await end(1);
