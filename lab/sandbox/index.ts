import { rm } from "node:fs/promises";
import { UserError } from "../../system/errors.ts";
import { isThere, removeFolder } from "../toolchain/base/own-folder.ts";
import type { Progress } from "../toolchain/base/progress.ts";
import { findToolchain, type Toolchain } from "../toolchain/index.ts";
import { defaultSandboxDir, makeFolders, ownSandbox, sandboxPaths } from "./base/paths.ts";
import { type Ports, recordedPorts, urlOf } from "./base/ports.ts";
import type { ClusterAccess } from "./cluster/access.ts";
import { stopCluster } from "./cluster/index.ts";
import { runPhases, sandboxPhasesFor } from "./phases.ts";
import { childEnvironment, sandboxVariables } from "./pulumi/environment.ts";
import type { KeyService } from "./pulumi/key-service.ts";
import {
  type GpuNode,
  readSimulation,
  rememberGpuNode,
  rememberScenario,
  setGpu,
  setGpuNodeLabels,
  setGpuNodePower,
  setScenario,
} from "./simulation/index.ts";
import type { Scenario } from "./simulation/scenarios.ts";

export type { Scenario, ScenarioName } from "./simulation/scenarios.ts";

export interface StartOptions {
  readonly progress: Progress;
  /** Cuts the start off. @default none */
  readonly signal?: AbortSignal;
  /** What happens to pods with a GPU from the start on. @default what it was; healthy in a new sandbox */
  readonly scenario?: Scenario;
  /** Whether kwok plays the GPU node, or a kubelet runs pods there. @default what it was; simulated in a new sandbox */
  readonly gpuNode?: GpuNode;
  /** Encrypts the stacks' secrets for as long as this sandbox is used. @default a passphrase of the sandbox's own */
  readonly keys?: KeyService;
}

/** An embedded cluster with a simulated GPU node, and a Pulumi of its own; all of it in one folder. */
export interface Sandbox {
  readonly dir: string;
  readonly kubeconfig: string;
  /** Where the reference setup's calls are answered; known once the sandbox has been started. */
  readonly url: string;
  /** Brings everything up; what runs already is left as it is. */
  start(options: StartOptions): Promise<void>;
  /** Ends every process; the cluster's and Pulumi's state stay. */
  stop(): Promise<void>;
  /** Ends every process and removes the folder. @throws UserError where it holds things of others. */
  remove(): Promise<void>;
  /** A whole environment for child processes. */
  environment(): Record<string, string>;
  /** What happens to pods with a GPU. */
  setScenario(scenario: Scenario): Promise<void>;
  setGpuNodePower(power: "on" | "off"): Promise<void>;
  setGpu(gpu: "present" | "gone"): Promise<void>;
  setGpuNodeLabels(labels: Record<string, string | null>): Promise<void>;
}

/** @param dir default `$VLLM_PLATFORM_SANDBOX`, else `.sandbox` in the clone. */
export function openSandbox(dir: string = defaultSandboxDir()): Sandbox {
  const paths = sandboxPaths(dir);
  let ports: Ports | undefined;
  let keys: KeyService | undefined;
  const access = (): ClusterAccess => ({ kubectl: installedToolchain().path("kubectl"), paths });
  return {
    dir: paths.dir,
    kubeconfig: paths.kubeconfig,
    get url() {
      if (ports === undefined) throw new Error("the sandbox has not been started");
      return urlOf(ports);
    },
    async start({ progress, signal, scenario, gpuNode, keys: given }) {
      keys = given;
      await makeFolders(paths);
      if (scenario !== undefined) await rememberScenario(paths, scenario);
      if (gpuNode !== undefined) await rememberGpuNode(paths, gpuNode);
      const abort = new AbortController();
      signal?.throwIfAborted();
      signal?.addEventListener("abort", () => abort.abort(signal.reason));
      const list = sandboxPhasesFor((await readSimulation(paths)).gpuNode);
      await runPhases({ paths, progress, signal: abort.signal, keys }, abort, list);
      ports = await recordedPorts(paths);
    },
    stop: () => stopCluster(paths),
    async remove() {
      const own = ownSandbox(paths);
      const there = await isThere(own);
      await stopCluster(paths, "by force");
      if (there) await removeFolder(own);
      else await rm(paths.dir, { recursive: true, force: true });
    },
    environment: () =>
      childEnvironment({ ...sandboxVariables(paths, installedToolchain()), ...keys?.variables }),
    setScenario: (scenario) => setScenario(access(), scenario),
    setGpuNodePower: (power) => setGpuNodePower(access(), power),
    setGpu: (gpu) => setGpu(access(), gpu),
    setGpuNodeLabels: (labels) => setGpuNodeLabels(access(), labels),
  };
}

/** The toolchain that a started sandbox must have. */
export function installedToolchain(): Toolchain {
  const toolchain = findToolchain();
  if (toolchain === undefined) throw new UserError("The toolchain is incomplete; run `npm start`.");
  return toolchain;
}
