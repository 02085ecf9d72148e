import { realpathSync } from "node:fs";
import { lstat, mkdir, readlink, rm, symlink } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type OwnFolder, takeFolder } from "../../toolchain/base/own-folder.ts";

/** The clone that this file belongs to: where `main.mjs` and the tracked `Pulumi*.yaml` lie. */
export const projectRoot = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");

/** The name that kwokctl gives the cluster; its kubeconfig context is then `kwok-sandbox`. */
export const clusterName = "sandbox";

/** Where everything of one sandbox lies. Removing `dir` removes the sandbox. */
export interface SandboxPaths {
  readonly dir: string;
  /** How to reach the cluster; written anew at every start. */
  readonly kubeconfig: string;
  /** What kubectl remembers of the cluster's API; by default it would do so in `~/.kube`. */
  readonly kubectlCache: string;
  /** etcd's data, kept across stops. Outside kwokctl's folder, which kwokctl removes when a creation fails. */
  readonly etcdData: string;
  /** KWOK_WORKDIR. */
  readonly kwok: string;
  /** kwokctl's folder of the cluster: certificates, log files, and links to the executables. */
  readonly clusterDir: string;
  /** In it: its certificates. */
  readonly certificates: string;
  /** The API server's process id; kwokctl leaves it when the process has ended. */
  readonly apiServerPid: string;
  /** What kwokctl is asked for. */
  readonly kwokctlConfig: string;
  readonly ports: string;
  readonly processes: string;
  /** All files of the real node, where there is one. */
  readonly node: string;
  /** What is simulated at present: scenario, GPU node on or off. */
  readonly simulation: string;
  readonly logs: string;
  /**
   * The stack files that the sandbox works on: a link to the clone, whose tracked files they are. Where it is a folder, that
   * folder's.
   */
  readonly files: string;
  /** Where pulumi works: the stack files with the sandbox's salts and secrets in them. */
  readonly project: string;
  /** The sandbox's salts and secrets, a file for each stack. */
  readonly secrets: string;
  readonly state: string;
  readonly pulumiHome: string;
  readonly passphrase: string;
  /** The folder of the `pulumi` shim. */
  readonly bin: string;
  readonly lock: string;
  /** Temporary files of Pulumi's plugins: the Kubernetes provider leaves a copy of the kubeconfig behind at each run. */
  readonly temporary: string;
}

/** `$VLLM_PLATFORM_SANDBOX`, else `.sandbox` in the clone. */
export function defaultSandboxDir(env: NodeJS.ProcessEnv = process.env): string {
  return resolve(env.VLLM_PLATFORM_SANDBOX || join(projectRoot, ".sandbox"));
}

/**
 * The real path of `dir` when it exists: processes are recognised by the folder in their arguments, which must
 * therefore be spelled one way only.
 */
export function sandboxPaths(dir: string): SandboxPaths {
  const root = realPathOfExistingPart(resolve(dir));
  const kwok = join(root, "cluster", "kwok");
  return {
    dir: root,
    kubeconfig: join(root, "kubeconfig.yaml"),
    kubectlCache: join(root, "kubectl-cache"),
    etcdData: join(root, "cluster", "etcd"),
    kwok,
    clusterDir: join(kwok, "clusters", clusterName),
    certificates: join(kwok, "clusters", clusterName, "pki"),
    apiServerPid: join(kwok, "clusters", clusterName, "pids", "kube-apiserver.pid"),
    kwokctlConfig: join(root, "cluster", "kwokctl.yaml"),
    ports: join(root, "ports.json"),
    processes: join(root, "processes.json"),
    node: join(root, "node"),
    simulation: join(root, "simulation.json"),
    logs: join(root, "logs"),
    files: join(root, "files"),
    project: join(root, "project"),
    secrets: join(root, "secrets"),
    state: join(root, "state"),
    pulumiHome: join(root, "pulumi-home"),
    passphrase: join(root, "passphrase"),
    bin: join(root, "bin"),
    lock: join(root, "lock.json"),
    temporary: join(root, "tmp"),
  };
}

/** The sandbox as a folder of this project's own. */
export function ownSandbox(paths: SandboxPaths): OwnFolder {
  const entries = Object.values(paths).map((path: string) => relative(paths.dir, path).split("/")[0] ?? "");
  return {
    folder: paths.dir,
    title: "the sandbox",
    variable: "VLLM_PLATFORM_SANDBOX",
    entries: [...new Set(entries)].filter((entry) => entry !== ""),
    telltales: ["pulumi-home"],
  };
}

/**
 * Makes the folders that others write into.
 * @throws UserError where the sandbox's folder holds things of others.
 */
export async function makeFolders(paths: SandboxPaths): Promise<void> {
  await takeFolder(ownSandbox(paths));
  for (const folder of [
    paths.etcdData,
    paths.clusterDir,
    paths.logs,
    paths.state,
    paths.secrets,
    paths.pulumiHome,
    paths.bin,
    paths.temporary,
  ]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  await linkFiles(paths, projectRoot);
}

/** A path into a clone, relative where the folder that it is for lies in the clone too: both can then be moved. */
export function pathInto(clone: string, path: string, from: string): string {
  return relative(clone, from).startsWith("..") ? path : relative(from, path);
}

/** Lets the sandbox work on the stack files of a clone, unless it has a folder of its own for them. */
export async function linkFiles(paths: SandboxPaths, clone: string): Promise<void> {
  const target = pathInto(clone, clone, paths.dir);
  const found = await lstat(paths.files).catch(() => undefined);
  if (found?.isDirectory()) return;
  if (found?.isSymbolicLink() && (await readlink(paths.files)) === target) return;
  await rm(paths.files, { force: true });
  await symlink(target, paths.files);
}

function realPathOfExistingPart(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPathOfExistingPart(parent), path.slice(parent.length));
  }
}
