import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { openApi } from "../../../cluster/api/index.ts";
import { UserError } from "../../../system/errors.ts";
import { readJson, writeJson } from "../../../system/json-file.ts";
import { type Ending, run } from "../../../system/processes.ts";
import { removeLeftovers } from "../../node/index.ts";
import type { Toolchain } from "../../toolchain/index.ts";
import { componentNames, contextName, kwokctlConfiguration } from "../base/cluster-config.ts";
import { clusterName, type SandboxPaths } from "../base/paths.ts";
import { choosePorts, type Ports } from "../base/ports.ts";
import { endProcesses, recordProcesses, runningProcesses } from "../base/processes.ts";
import { ownKubectl } from "./access.ts";

/**
 * Brings the cluster up: the API server answers and the other components run. A healthy one is left as it is;
 * whatever else runs (leftovers of a crash, half a cluster) is ended first. kwokctl's files are written anew each
 * time, so that ports which somebody else has taken, a moved folder and newer executables need no fixing; what must
 * last (etcd's data) lies outside of them.
 *
 * @throws UserError with the last lines of the log when a component does not come up.
 */
export async function startCluster(
  paths: SandboxPaths,
  toolchain: Toolchain,
  signal?: AbortSignal,
): Promise<Ports> {
  const recorded = await readJson<Ports>(paths.ports);
  if (recorded?.kubelet !== undefined && (await isComplete(paths, toolchain)) && (await isReady(paths))) {
    await recordProcesses(paths);
    return recorded;
  }
  await endProcesses(paths);
  // A port can be taken between its choice and its use; the second attempt then chooses others.
  for (let attempt = 1; ; attempt++) {
    const ports = await choosePorts(attempt === 1 ? recorded : undefined);
    await writeJson(paths.ports, ports);
    try {
      await createCluster(paths, toolchain, ports, signal);
      await recordProcesses(paths);
      return ports;
    } catch (error) {
      await endProcesses(paths);
      if (signal?.aborted || attempt === 2) throw error;
    }
  }
}

/** Ends the cluster's processes; its state stays in etcd's folder. By force only where the folder goes, too. */
export async function stopCluster(paths: SandboxPaths, how?: Ending): Promise<void> {
  await endProcesses(paths, undefined, how);
  await removeLeftovers(paths.node);
}

/** Whether every component runs and the API server says that it is ready. */
export async function isClusterRunning(paths: SandboxPaths): Promise<boolean> {
  const ports = await readJson<Ports>(paths.ports);
  return ports !== undefined && (await missingComponents(paths)).length === 0 && (await isReady(paths));
}

async function createCluster(
  paths: SandboxPaths,
  toolchain: Toolchain,
  ports: Ports,
  signal: AbortSignal | undefined,
): Promise<void> {
  await mkdir(paths.etcdData, { recursive: true, mode: 0o700 });
  await mkdir(paths.clusterDir, { recursive: true, mode: 0o700 });
  const executables = executablesOf(toolchain);
  await writeFile(
    paths.kwokctlConfig,
    stringify(kwokctlConfiguration(executables, ports, paths.certificates)),
  );
  await writeFile(executablesFile(paths), JSON.stringify(executables));
  for (const stale of ["kwok.yaml", "kubeconfig.yaml", "kubeconfig", "pids", "bin", "logs", "etcd"]) {
    await rm(join(paths.clusterDir, stale), { recursive: true, force: true });
  }
  await rm(paths.kubeconfig, { force: true });
  await symlink(paths.etcdData, join(paths.clusterDir, "etcd"));

  const lines: string[] = [];
  const args = ["create", "cluster", "--name", clusterName, "--config", paths.kwokctlConfig];
  try {
    await run(toolchain.path("kwokctl"), [...args, "--kubeconfig", paths.kubeconfig], {
      env: clusterEnvironment(paths),
      cwd: paths.dir,
      onLine: (line) => lines.push(line),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    // Its last step, creating the definitions of its own resources, fails where an earlier start has created them.
    if (!(await eventuallyServesKwokResources(paths, signal)))
      throw new UserError(`kwokctl could not create the cluster.\n${lines.slice(-5).join("\n")}`);
  }
  await waitUntilReady(paths, signal);
}

/** An API server that has just been started serves the definitions that it has stored only a moment later. */
async function eventuallyServesKwokResources(
  paths: SandboxPaths,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const deadline = Date.now() + 10_000;
  while (!(await servesKwokResources(paths))) {
    signal?.throwIfAborted();
    if (Date.now() > deadline || (await missingComponents(paths)).length > 0) return false;
    await new Promise((wake) => setTimeout(wake, 100));
  }
  return true;
}

/** @throws UserError where the API server is not ready after a minute, or a component has ended. */
export async function waitUntilReady(paths: SandboxPaths, signal?: AbortSignal): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await isReady(paths))) {
    signal?.throwIfAborted();
    const missing = await missingComponents(paths);
    if (missing.length > 0) throw await componentFailure(paths, missing);
    if (Date.now() > deadline) {
      throw new UserError(
        "The sandbox's API server did not become ready within 60 s; see its log in the sandbox folder.",
      );
    }
    await new Promise((wake) => setTimeout(wake, 100));
  }
  const missing = await missingComponents(paths);
  if (missing.length > 0) throw await componentFailure(paths, missing);
}

async function componentFailure(paths: SandboxPaths, missing: readonly string[]): Promise<UserError> {
  const parts: string[] = [];
  for (const name of missing) {
    const log = join(paths.clusterDir, "logs", `${name}.log`);
    const text = await readFile(log, "utf8").catch(() => "");
    parts.push(`${name} ended while the cluster was starting. Its last lines (${log}):`);
    parts.push(...text.trimEnd().split("\n").slice(-5));
  }
  return new UserError(parts.join("\n"));
}

async function missingComponents(paths: SandboxPaths): Promise<string[]> {
  const names = new Set((await runningProcesses(paths)).map((one) => one.name));
  return componentNames.filter((name) => !names.has(name));
}

/** All components run, and run the executables of this toolchain. */
async function isComplete(paths: SandboxPaths, toolchain: Toolchain): Promise<boolean> {
  const used = await readFile(executablesFile(paths), "utf8").catch(() => "");
  return used === JSON.stringify(executablesOf(toolchain)) && (await missingComponents(paths)).length === 0;
}

const executablesFile = (paths: SandboxPaths): string => join(paths.clusterDir, "executables.json");

function executablesOf(toolchain: Toolchain) {
  return {
    etcd: toolchain.path("etcd"),
    kubeApiserver: toolchain.path("kube-apiserver"),
    kubeControllerManager: toolchain.path("kube-controller-manager"),
    kubeScheduler: toolchain.path("kube-scheduler"),
    kwok: toolchain.path("kwok"),
    kubectl: toolchain.path("kubectl"),
  };
}

/** Nothing of the user's kwok, Kubernetes or proxy settings reaches the cluster. */
function clusterEnvironment(paths: SandboxPaths): Record<string, string> {
  const kept: Record<string, string> = { ...ownKubectl(paths), KWOK_WORKDIR: paths.kwok };
  for (const name of ["PATH", "HOME", "TMPDIR", "USER", "LANG"]) {
    const value = process.env[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

/** Asks as the sandbox's administrator. An API server that is just starting says no, or nothing at all. */
async function ask(paths: SandboxPaths, path: string): Promise<string | undefined> {
  const connection = { kubeconfig: paths.kubeconfig, context: contextName, identifier: contextName };
  try {
    return await (await openApi(connection)).text(path);
  } catch {
    return undefined;
  }
}

const isReady = async (paths: SandboxPaths): Promise<boolean> => (await ask(paths, "/readyz")) !== undefined;

async function servesKwokResources(paths: SandboxPaths): Promise<boolean> {
  const answer = (await ask(paths, "/apis/kwok.x-k8s.io/v1alpha1")) ?? "";
  return ["stages", "clusterportforwards", "clusterlogs"].every((name) => answer.includes(`"${name}"`));
}
