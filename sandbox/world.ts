import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import type { Toolchain } from "../toolchain/index.ts";
import { apply, applyFiles, type ClusterAccess, kubectl, patchStatus } from "./cluster-access.ts";
import { simulatedNodeLabel } from "./cluster-config.ts";
import { readJson, writeJson } from "./json-file.ts";
import type { Ports } from "./ports.ts";
import { applyStages, readSimulation, setGpu, setGpuNodePower } from "./simulation.ts";

const worldFolder = join(dirname(fileURLToPath(import.meta.url)), "world");

interface Node {
  readonly metadata: { readonly name: string };
  readonly status: object;
}

export interface WorldOptions {
  readonly access: ClusterAccess;
  readonly toolchain: Toolchain;
  readonly ports: Ports;
  /** The cluster's processes are new: the nodes' leases belong to a kwok that has ended. */
  readonly fresh: boolean;
}

/**
 * What the home lab's cluster has before the platform comes: two nodes, the RuntimeClass, the definitions of
 * cert-manager's and Traefik's resources, and an issuer of certificates. Applying it again changes nothing.
 */
export async function applyWorld({ access, toolchain, ports, fresh }: WorldOptions): Promise<void> {
  await applyCustomResourceDefinitions(access, toolchain);
  const simulation = await readSimulation(access);
  if (fresh) await releaseNodes(access);
  const nodes = (await readWorld("nodes.yaml")) as Node[];
  await applyStages(access, simulation.scenario);
  await apply(access, [...nodes, ...(await readWorld("runtime-class.yaml")), portForward(ports)]);
  for (const node of nodes) {
    const kubeletEndpoint = { Port: ports.kwokController };
    await patchStatus(access, `node/${node.metadata.name}`, {
      ...node.status,
      daemonEndpoints: { kubeletEndpoint },
    });
  }
  if (simulation.gpu === "gone") await setGpu(access, "gone");
  if (simulation.node === "off") await setGpuNodePower(access, "off");
  await applyIssuer(access);
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

/**
 * kwok acts for a node whose lease it holds. The lease of an ended kwok stays valid for 40 s; without it, and with
 * the node made known anew by its label, the new kwok takes over at once.
 */
async function releaseNodes(access: ClusterAccess): Promise<void> {
  const { key, value } = simulatedNodeLabel;
  const nodes = await kubectl(access, ["get", "nodes", "-l", `${key}=${value}`, "-o", "name"]);
  if (nodes === "") return;
  await kubectl(access, ["label", "nodes", "-l", `${key}=${value}`, `${key}-`]);
  await kubectl(access, ["delete", "leases", "--all", "-n", "kube-node-lease"]);
}

async function applyIssuer(access: ClusterAccess): Promise<void> {
  const now = `${new Date().toISOString().slice(0, 19)}Z`;
  await apply(access, await readWorld("cluster-issuer.yaml"));
  await patchStatus(access, "clusterissuer/letsencrypt-prod", {
    conditions: [
      {
        type: "Ready",
        status: "True",
        reason: "ACMEAccountRegistered",
        message: "The ACME account was registered with the ACME server (simulated)",
        lastTransitionTime: now,
      },
    ],
  });
}

async function applyCustomResourceDefinitions(access: ClusterAccess, toolchain: Toolchain): Promise<void> {
  const files = [
    ...(await yamlFiles(toolchain.path("cert-manager-crds"))),
    ...(await yamlFiles(toolchain.path("traefik-crds"))),
  ];
  const hash = createHash("sha256");
  for (const file of files) hash.update(await readFile(file));
  const applied = { definitions: hash.digest("hex") };
  // They are a megabyte; applied once, they lie in etcd's data, and this note beside it.
  const note = join(dirname(access.paths.etcdData), "world.json");
  if ((await readJson<typeof applied>(note))?.definitions === applied.definitions) return;
  await applyFiles(access, files);
  await kubectl(access, ["wait", "--for=condition=Established", "--all", "crd", "--timeout=60s"]);
  await writeJson(note, applied);
}

async function yamlFiles(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => /\.ya?ml$/.test(name)).sort();
  return names.map((name) => join(path, name));
}

async function readWorld(name: string): Promise<object[]> {
  const text = await readFile(join(worldFolder, name), "utf8");
  return parseAllDocuments(text).map((document) => document.toJS() as object);
}
