/** A platform on a real node, with a real Traefik before it and a stub on the CPU behind it, for drills to break. */
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parse, stringify } from "yaml";
import { type ClusterApi, openApi } from "../../../cluster/api/index.ts";
import { names, serverPort } from "../../../stacks/vocabulary/names.ts";
import { identify, outputOf } from "../../../system/processes.ts";
import { type Clients, startClients, type Wanted } from "../../clients/index.ts";
import { ranges } from "../../gateway/addresses.ts";
import { type Answer, ask } from "../../gateway/ask.ts";
import { startTraefik, type Traefik, traefikAddress } from "../../gateway/traefik.ts";
import { enterNetwork, type PrivateNetwork } from "../../network/network.ts";
import {
  cgroupOf,
  modelsFolder,
  type NodeCommand,
  networkProcessFile,
  Runtime,
  tellNode,
} from "../../node/index.ts";
import { contextName } from "../../sandbox/base/cluster-config.ts";
import { ownSandbox, projectRoot, type SandboxPaths, sandboxPaths } from "../../sandbox/base/paths.ts";
import { restartControlPlane } from "../../sandbox/cluster/restart.ts";
import type { Sandbox } from "../../sandbox/index.ts";
import { type Behaviour, behaviourFile } from "../../sandbox/stub/container.ts";
import { removeAbandonedSandboxes, temporarySandbox } from "../../sandbox/temporary.ts";
import { takeFolder } from "../../toolchain/base/own-folder.ts";
import type { Progress } from "../../toolchain/base/progress.ts";
import { ensureToolchain } from "../../toolchain/index.ts";
import { startCpu } from "./cpu.ts";
import { hasEndpoint, patient, type ServerPod, serverPods } from "./look.ts";
import { type Tried, tryCommand } from "./try.ts";

export type { ServerPod } from "./look.ts";
export type { Tried } from "./try.ts";

export interface World {
  readonly sandbox: Sandbox;
  readonly api: ClusterApi;
  readonly runtime: Runtime;
  readonly traefik: Traefik;
  /** Where commands have their temporary files. */
  readonly temporary: string;
  kubectl(args: readonly string[], input?: string): Promise<string>;
  gpuMode(...args: string[]): Promise<string>;
  /** Either command to its end, whatever that is. */
  attempt(command: "gpu-mode" | "pulumi", args: readonly string[], options?: AttemptOptions): Promise<Tried>;
  /** What servers do from now on. */
  behave(behaviour: Behaviour): Promise<void>;
  /** Ends the process of the server, below its supervisor, by force. */
  killServer(): Promise<void>;
  /** Power, parts and card of the GPU node. */
  tellNode(command: NodeCommand): Promise<void>;
  /** Kills etcd and the API server, and starts them again. */
  restartControlPlane(): Promise<void>;
  /** Asks the gateway for a chat, as a client at home does. @param seconds until it gives up */
  chat(seconds: number): Promise<Answer>;
  /** Starts clients as people have them, who find cluster and gateway by their names. */
  clients(wanted: readonly Wanted[]): Promise<Clients>;
  /** Asks the Service for /health from inside the cluster. @param seconds until it gives up @returns the status @throws where nobody answers */
  health(seconds: number): Promise<number>;
  /** The server's pod that is ready, if there is one. */
  readyPod(): Promise<ServerPod | undefined>;
  /** @param namespace of the pods. @default the platform's */
  serverPods(namespace?: string): Promise<ServerPod[]>;
  /** Whether the Service has somebody to answer. */
  hasEndpoint(): Promise<boolean>;
  /** Ready, by Service and by gateway. */
  serving(): Promise<void>;
}

interface AttemptOptions {
  /** By which the cluster is reached. @default the world's own */
  readonly by?: Sandbox;
  /** Called with each line that it prints. */
  readonly onLine?: (line: string) => void;
}

export const host = "llm.home.example.org";
const question = JSON.stringify({ model: "default", messages: [{ role: "user", content: "Hello" }] });

/** Brings everything up in mode `ml`, and removes it afterwards. @throws UserError where no real node can run */
export async function withWorld<T>(
  { progress, signal }: { progress: Progress; signal: AbortSignal },
  use: (world: World) => Promise<T>,
): Promise<T> {
  await removeAbandonedSandboxes();
  const toolchain = await ensureToolchain({ progress, signal, parts: ["traefik"] });
  const sandbox = await temporarySandbox();
  const paths = sandboxPaths(sandbox.dir);
  let traefik: Traefik | undefined;
  let closeNetwork: (() => Promise<void>) | undefined;
  try {
    await ownFiles(paths);
    await sandbox.start({ progress, signal, gpuNode: "real" });
    const inside = await readFile(networkProcessFile(paths.node), "utf8");
    const network = await enterNetwork(inside, join(sandbox.dir, "network"));
    closeNetwork = () => network.close();
    // Addresses of clients, Traefik's own, and those of pods on the other machine.
    const routes = Object.values(ranges).map((range) => `ip route add local ${range} dev lo`);
    await network.start("sh", ["-c", `${routes.join(" && ")} && echo routes`], { ready: /routes/ });
    traefik = await startTraefik({
      network,
      sandbox,
      executable: toolchain.path("traefik"),
      reachesApi: true,
    });
    const world = await createWorld({ sandbox, paths, traefik, network, signal });
    await world.behave({ loadSeconds: 3 });
    await progress.step("bring mode ml up", { usual: 20 }, async () => {
      await world.gpuMode("ml");
      await startCpu(network, world.kubectl);
      await world.serving();
    });
    return await use(world);
  } finally {
    await traefik?.close();
    await closeNetwork?.();
    await sandbox.remove();
  }
}

/** Stack files of its own, with the gateway on. */
async function ownFiles(paths: SandboxPaths): Promise<void> {
  await takeFolder(ownSandbox(paths));
  await mkdir(paths.files);
  for (const name of (await readdir(projectRoot)).filter((one) => /^Pulumi\..*yaml$/.test(one))) {
    const file = parse(await readFile(join(projectRoot, name), "utf8")) as { config?: object };
    const config = { ...file.config, "vllm-platform:gateway": { enabled: true, host } };
    await writeFile(join(paths.files, name), stringify(name === "Pulumi.yaml" ? file : { ...file, config }));
  }
}

interface Surroundings {
  readonly sandbox: Sandbox;
  readonly paths: SandboxPaths;
  readonly traefik: Traefik;
  readonly network: PrivateNetwork;
  /** Ends what commands are under way. */
  readonly signal: AbortSignal;
}

async function createWorld({ sandbox, paths, traefik, network, signal }: Surroundings): Promise<World> {
  const { kubeconfig } = paths;
  const api = patient(await openApi({ kubeconfig, context: contextName, identifier: contextName }));
  const temporary = join(sandbox.dir, "temporary");
  await mkdir(temporary, { recursive: true });
  const run = (command: string, args: readonly string[], input?: string): Promise<string> =>
    outputOf(command, args, { env: { ...sandbox.environment(), TMPDIR: temporary }, input, signal });
  let service: Promise<string> | undefined;
  const world: World = {
    sandbox,
    api,
    runtime: new Runtime(paths.node),
    traefik,
    temporary,
    kubectl: (args, input) => run("kubectl", args, input),
    gpuMode: (...args) => run("gpu-mode", args),
    attempt: (command, args, { by = sandbox, onLine = () => {} } = {}) =>
      tryCommand(command, args, { env: by.environment(), onLine, signal }),
    behave: (behaviour) =>
      writeFile(join(modelsFolder(paths.node), behaviourFile), JSON.stringify(behaviour)),
    async killServer() {
      for (const pid of await serversOf(cgroupOf(paths.node))) process.kill(pid, "SIGKILL");
    },
    tellNode: (command) => tellNode(paths.node, command),
    restartControlPlane: () => restartControlPlane(paths),
    chat: (seconds) =>
      ask(traefik, {
        host,
        path: "/v1/chat/completions",
        body: question,
        signal: AbortSignal.timeout(seconds * 1000),
      }),
    clients: (wanted) =>
      startClients(
        { network, resolvConf: join(paths.node, "resolv.conf"), hosts: { [host]: traefikAddress } },
        wanted,
      ),
    async health(seconds) {
      service ??= wayToService(world, network);
      const signal = AbortSignal.timeout(seconds * 1000);
      const asked = request({ socketPath: await service, path: "/health", agent: false, signal });
      const [answer] = (await once(asked.end(), "response")) as [IncomingMessage];
      answer.resume();
      return answer.statusCode ?? 0;
    },
    serverPods: (namespace) => serverPods(api, namespace),
    async readyPod() {
      return (await world.serverPods()).find(({ ready }) => ready);
    },
    hasEndpoint: () => hasEndpoint(api),
    async serving() {
      await until("the server serves, by the gateway, too", 180, async () => {
        if (!(await world.hasEndpoint())) throw new Error("the Service has nobody");
        const answer = await world.chat(5);
        if (servedBy("gpu", answer)) return true;
        throw new Error(`status ${answer.status}, by ${answer.headers["x-served-by"] ?? "nobody"}`);
      });
    },
  };
  return world;
}

/** A way from this machine to the Service, as clients inside the cluster have it. @returns its socket */
async function wayToService({ kubectl }: World, network: PrivateNetwork): Promise<string> {
  const address = [
    "get",
    "service",
    names.service,
    "-n",
    names.namespace,
    "-o",
    "jsonpath={.spec.clusterIP}",
  ];
  const path = join(network.folder, "service.sock");
  await network.relay([{ from: { path }, to: { host: await kubectl(address), port: serverPort } }]);
  return path;
}

/** Whether it is a whole answer, of the GPU's server or of the CPU's. */
export const servedBy = (whom: "gpu" | "cpu", { status, headers, cut }: Answer): boolean =>
  status === 200 && !cut && headers["x-served-by"] === whom;

/**
 * Seconds until something is so.
 * @throws Error where it is not within the limit; what a look says then
 */
export async function until(
  what: string,
  limitSeconds: number,
  look: () => Promise<boolean>,
): Promise<number> {
  const began = performance.now();
  let reason = "";
  for (;;) {
    try {
      if (await look()) return (performance.now() - began) / 1000;
    } catch (error) {
      reason = `: ${error instanceof Error ? error.message : error}`;
    }
    if (performance.now() - began > limitSeconds * 1000) {
      throw new Error(`it was not so within ${limitSeconds} s that ${what}${reason}`);
    }
    await sleep(50);
  }
}

/** The stub's processes in a node's containers. */
async function serversOf(cgroup: string): Promise<number[]> {
  const found: number[] = [];
  for (const id of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const words = await readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "");
    const groups = await readFile(`/proc/${id}/cgroup`, "utf8").catch(() => "");
    // The one for the CPU has another port.
    const isServer = words.includes("container.ts") && words.includes("\0--port\u00008000");
    if (isServer && groups.includes(cgroup) && identify(Number(id)) !== undefined) found.push(Number(id));
  }
  return found;
}
