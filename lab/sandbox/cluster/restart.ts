/** A control plane that ends in the midst of its work, and starts again as it was started before. */
import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import { readFile, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { SandboxPaths } from "../base/paths.ts";
import { isFree, recordedPorts } from "../base/ports.ts";
import { endProcesses, recordProcesses, runningProcesses } from "../base/processes.ts";
import { waitUntilReady } from "./index.ts";

/** In the order in which they start. */
const names = ["etcd", "kube-apiserver"] as const;

/**
 * Kills etcd and the API server, and starts them again. Ready once the API server is. How they were started stands in /proc, so
 * on Linux only.
 * @throws Error where one of them does not run, or a port of theirs stays taken; UserError where one does not come up.
 */
export async function restartControlPlane(paths: SandboxPaths): Promise<void> {
  const running = await runningProcesses(paths);
  const started = await Promise.all(
    names.map(async (name) => {
      const process = running.find((one) => one.name === name);
      if (process === undefined) throw new Error(`the sandbox runs no ${name}`);
      return { name, ...(await howStarted(process.pid)) };
    }),
  );
  await endProcesses(paths, names, "by force");
  const { etcd, etcdPeer, kubeApiserver } = await recordedPorts(paths);
  // The last thread of a process that was killed gives them up a moment after its end can be seen.
  const limit = Date.now() + 30_000;
  for (const port of [etcd, etcdPeer, kubeApiserver]) {
    while (!(await isFree(port))) {
      if (Date.now() > limit) throw new Error(`port ${port} is taken by another program`);
      await sleep(10);
    }
  }
  for (const { name, command, args, env, cwd } of started) {
    const log = openSync(join(paths.clusterDir, "logs", `${name}.log`), "a");
    const child = spawn(command, args, { env, cwd, detached: true, stdio: ["ignore", log, log] });
    child.unref();
    await writeFile(join(paths.clusterDir, "pids", `${name}.pid`), String(child.pid));
  }
  await waitUntilReady(paths);
  await recordProcesses(paths);
}

async function howStarted(pid: number) {
  const list = async (file: string): Promise<string[]> =>
    (await readFile(`/proc/${pid}/${file}`, "utf8")).split("\0").slice(0, -1);
  const [command = "", ...args] = await list("cmdline");
  const env = Object.fromEntries(
    (await list("environ")).map((entry) => {
      const [, name = "", value = ""] = /^([^=]*)=(.*)$/s.exec(entry) ?? [];
      return [name, value];
    }),
  );
  return { command, args, env, cwd: await readlink(`/proc/${pid}/cwd`) };
}
