import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import { UserError } from "../../../system/errors.ts";
import { readJson, writeJson } from "../../../system/json-file.ts";
import type { Toolchain } from "../../toolchain/index.ts";
import { kwokComponent, simulatedNodeLabel } from "../base/cluster-config.ts";
import type { SandboxPaths } from "../base/paths.ts";
import type { Ports } from "../base/ports.ts";
import { nodeName, runningProcesses } from "../base/processes.ts";
import {
  apply,
  applyFiles,
  applyStatuses,
  type ClusterAccess,
  kubectl,
  patchStatus,
} from "../cluster/access.ts";
import { gpuNode, readSimulation, setGpu, setGpuNodePower, stagesToApply } from "../simulation/index.ts";

const worldFolder = dirname(fileURLToPath(import.meta.url));

interface WorldObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

interface Node extends WorldObject {
  readonly status: object;
}

export interface WorldOptions {
  readonly access: ClusterAccess;
  readonly toolchain: Toolchain;
  readonly ports: Ports;
}

/** What has been done for good, or for as long as a process runs; it lies beside etcd's data, and goes with it. */
interface Done {
  /** Sum of the definitions that were applied. */
  readonly definitions?: string;
  /** The kwok that the nodes were handed to. */
  readonly kwok?: string;
}

/**
 * What the reference setup's cluster has before the platform comes: two nodes, the RuntimeClass, the definitions of
 * cert-manager's and Traefik's resources, and an issuer of certificates. Applying it again changes nothing.
 */
export async function applyWorld({ access, toolchain, ports }: WorldOptions): Promise<void> {
  const applied = await applyCustomResourceDefinitions(access, toolchain);
  const simulation = await readSimulation(access.paths);
  const all = (await readWorld("nodes.yaml")) as Node[];
  const nodes = all.filter(({ metadata }) => simulation.gpuNode === "simulated" || metadata.name !== gpuNode);
  const kwok = await currentKwok(access.paths);
  const handedOver = (await done(access.paths)).kwok === kwok;
  if (!handedOver) await releaseNodes(access, nodes);
  const issuers = await readWorld("cluster-issuer.yaml");
  // Those whose definitions are new have to wait until these are served.
  const now = applied === undefined ? issuers : [];
  await apply(access, [
    ...(await stagesToApply(access, simulation.scenario)),
    ...nodes,
    ...(await readWorld("runtime-class.yaml")),
    portForward(ports),
    ...now,
  ]);
  await applyStatuses(access, [...nodes.map((node) => reported(node, ports)), ...now.map(registered)]);
  if (simulation.gpuNode === "real") {
    const runs = (await runningProcesses(access.paths)).some(({ name }) => name === nodeName);
    for (const node of all) if (!runs && !nodes.includes(node)) await handToKubelet(access, node);
  } else {
    if (simulation.gpu === "gone") await setGpu(access, "gone");
    if (simulation.node === "off") await setGpuNodePower(access, "off");
  }
  if (applied !== undefined) {
    await waitUntilServed(access, applied.resources);
    await note(access.paths, { definitions: applied.definitions });
    await apply(access, issuers);
    await applyStatuses(access, issuers.map(registered));
  }
  if (!handedOver) {
    const awake = nodes.filter(({ metadata }) => simulation.node === "on" || metadata.name !== gpuNode);
    // kwok reports them a moment after it took them over, and who looks before that takes them for switched off.
    await kubectl(access, ["wait", "--for=condition=Ready", "--timeout=60s", ...awake.map(resourceOf)]);
    // Only now: a run that is cut off before leaves it to the next one, whichever of the two started kwok.
    await note(access.paths, { kwok });
  }
}

const resourceOf = ({ metadata }: Node): string => `node/${metadata.name}`;

/** The same node without what kwok knows it by; what is left of kwok's word for it goes, and the kubelet says all else. */
async function handToKubelet(access: ClusterAccess, { metadata, ...node }: Node): Promise<void> {
  const { [simulatedNodeLabel.key]: _, ...labels } = metadata.labels ?? {};
  const resource = resourceOf({ metadata, ...node });
  await apply(access, [{ ...node, metadata: { ...metadata, labels, annotations: {} } }]);
  await kubectl(access, ["label", resource, `${simulatedNodeLabel.key}-`]);
  await kubectl(access, ["delete", "lease", metadata.name, "-n", "kube-node-lease", "--ignore-not-found"]);
  const { addresses } = node.status as { addresses: readonly object[] };
  await patchStatus(access, resource, { addresses, capacity: null, allocatable: null, conditions: null });
}

/** Pods' port 8000 leads to the stub server, whichever client forwards it through the API server. */
function portForward(ports: Ports): object {
  return {
    apiVersion: "kwok.x-k8s.io/v1alpha1",
    kind: "ClusterPortForward",
    metadata: { name: "stub-server" },
    spec: { forwards: [{ ports: [8000], target: { address: "127.0.0.1", port: ports.stub } }] },
  };
}

/** The kwok that runs now, told from every earlier one. */
async function currentKwok(paths: SandboxPaths): Promise<string> {
  const kwok = (await runningProcesses(paths)).find(({ name }) => name === kwokComponent);
  if (kwok === undefined) throw new UserError("The sandbox's cluster is not complete; run `npm start`.");
  return `${kwok.pid} ${kwok.identity}`;
}

/**
 * kwok acts for a node whose lease it holds. The lease of an ended kwok stays valid for 40 s; without it, and with
 * the node made known anew by its label, the new kwok takes over at once.
 */
async function releaseNodes(access: ClusterAccess, nodes: readonly Node[]): Promise<void> {
  const { key, value } = simulatedNodeLabel;
  const names = nodes.map(({ metadata }) => metadata.name).join(",");
  const selector = `${key}=${value},kubernetes.io/hostname in (${names})`;
  await kubectl(access, ["label", "nodes", "--selector", selector, `${key}-`]);
  // Also where no node had the label: an earlier run may have been cut off after taking it away.
  await kubectl(access, ["delete", "leases", "--all", "-n", "kube-node-lease"]);
}

/** A node's status as its kubelet would report it. */
function reported({ apiVersion, kind, metadata: { name }, status }: Node, ports: Ports): object {
  const daemonEndpoints = { kubeletEndpoint: { Port: ports.kwokController } };
  return { apiVersion, kind, metadata: { name }, status: { ...status, daemonEndpoints } };
}

/** An issuer's status as cert-manager would report it. */
function registered({ apiVersion, kind, metadata: { name } }: WorldObject): object {
  const ready = {
    type: "Ready",
    status: "True",
    reason: "ACMEAccountRegistered",
    message: "The ACME account was registered with the ACME server (simulated)",
    lastTransitionTime: `${new Date().toISOString().slice(0, 19)}Z`,
  };
  return { apiVersion, kind, metadata: { name }, status: { conditions: [ready] } };
}

/** They are a megabyte; applied once, they lie in etcd's data. Undefined where that has been done. */
async function applyCustomResourceDefinitions(
  access: ClusterAccess,
  toolchain: Toolchain,
): Promise<{ definitions: string; resources: string[] } | undefined> {
  const files = [
    ...(await yamlFiles(toolchain.path("cert-manager-crds"))),
    ...(await yamlFiles(toolchain.path("traefik-crds"))),
  ];
  const hash = createHash("sha256");
  for (const file of files) hash.update(await readFile(file));
  const definitions = hash.digest("hex");
  if ((await done(access.paths)).definitions === definitions) return undefined;
  const names = await applyFiles(access, files);
  // A definition is named after its resource.
  return { definitions, resources: names.map((name) => name.replace(/^.*\//, "")) };
}

/**
 * Until the API server lists them among what it serves, which is a second after it calls them established. Not
 * `kubectl wait`, which asks for each by itself, and for so many takes 2 s where nothing is left to wait for.
 */
async function waitUntilServed(access: ClusterAccess, resources: readonly string[]): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const served = (await kubectl(access, ["api-resources", "-o", "name"])).split("\n");
    const missing = resources.filter((resource) => !served.includes(resource));
    if (missing.length === 0) return;
    if (Date.now() > deadline) {
      throw new UserError(`The sandbox's API server did not take up within 60 s: ${missing.join(", ")}.`);
    }
    await sleep(100);
  }
}

const doneFile = (paths: SandboxPaths): string => join(dirname(paths.etcdData), "world.json");

const done = async (paths: SandboxPaths): Promise<Done> => (await readJson<Done>(doneFile(paths))) ?? {};

async function note(paths: SandboxPaths, change: Done): Promise<void> {
  await writeJson(doneFile(paths), { ...(await done(paths)), ...change });
}

async function yamlFiles(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => /\.ya?ml$/.test(name)).sort();
  return names.map((name) => join(path, name));
}

async function readWorld(name: string): Promise<WorldObject[]> {
  const text = await readFile(join(worldFolder, name), "utf8");
  return parseAllDocuments(text).map((document) => document.toJS() as WorldObject);
}
