import { mkdirSync, openSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../../../system/errors.ts";
import { writeJson } from "../../../system/json-file.ts";
import { startInBackground } from "../../in-background.ts";
import type { SandboxPaths } from "../base/paths.ts";
import { choosePorts, isFree, type Ports, recordedPorts } from "../base/ports.ts";
import {
  daemonArgument,
  daemonName,
  endProcesses,
  recordProcesses,
  runningProcesses,
} from "../base/processes.ts";

const daemonFile = join(dirname(fileURLToPath(import.meta.url)), "daemon.ts");

/** Whether the daemon runs and its URL can be reached. The stub listens only while a pod is ready. */
async function isDaemonRunning(paths: SandboxPaths, ports: Ports): Promise<boolean> {
  const runs = (await runningProcesses(paths)).some((one) => one.name === daemonName);
  return runs && (await answers(ports.url));
}

/** Records other ports for the daemon where somebody else has taken its own while it was not running. */
export async function freeDaemonPorts(paths: SandboxPaths, ports: Ports): Promise<void> {
  if (await isDaemonRunning(paths, ports)) return;
  await endProcesses(paths, [daemonName]);
  const wanted = { stub: ports.stub, url: ports.url };
  if ((await isFree(wanted.stub)) && (await isFree(wanted.url))) return;
  const { stub, url } = await choosePorts(wanted);
  await writeJson(paths.ports, { ...ports, stub, url });
}

/**
 * Starts the stub server and the URL in the background; one that runs is left alone.
 *
 * @throws UserError naming the log file when it does not come up.
 */
export async function startDaemon(paths: SandboxPaths): Promise<void> {
  const ports = await recordedPorts(paths);
  if (await isDaemonRunning(paths, ports)) return;
  await endProcesses(paths, [daemonName]);
  mkdirSync(paths.logs, { recursive: true });
  const logFile = join(paths.logs, "daemon.log");
  const log = openSync(logFile, "a", 0o600);
  const ready = await startInBackground(daemonFile, daemonArgument(paths), { folder: paths.dir, log });
  if (!ready) throw new UserError(`The sandbox's stub server did not start; see ${logFile}`);
  await recordProcesses(paths);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, timeout: 1000 });
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("timeout", () => resolve(false));
    socket.once("close", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
