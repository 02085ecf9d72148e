/**
 * Traefik as k3s runs it, beside a sandbox's API server instead of in a pod: the same provider and rights. It runs in a private
 * network, where the addresses of simulated pods lead to whatever listens there.
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { outputOf } from "../../system/processes.ts";
import type { PrivateNetwork, Program } from "../network/network.ts";
import { relay } from "../network/relay.ts";
import type { Sandbox } from "../sandbox/index.ts";

/** A client's address, by which an address list judges it. */
export const clients = { home: "192.168.1.20", elsewhere: "192.0.2.20" } as const;
export type Client = keyof typeof clients;
export type EntryPoint = "web" | "websecure";

export interface Traefik {
  /** The one that runs now. */
  readonly program: Program;
  /** Ends it and starts it anew, as after an update of k3s. */
  restart(): Promise<void>;
  /** The socket by which a client reaches an entry point. */
  socket(client: Client, entryPoint: EntryPoint): string;
  /** Its resident memory. */
  megabytes(): Promise<number>;
  close(): Promise<void>;
}

export const entryPorts: Record<EntryPoint, number> = { web: 80, websecure: 443 };
/** By which clients in the network reach it. */
export const traefikAddress = "192.168.1.1";

/** What the chart that k3s installs lets Traefik read. */
export const account = { name: "traefik", namespace: "kube-system" };
export const rights = [
  { apiVersion: "v1", kind: "ServiceAccount", metadata: account },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name: "traefik" },
    rules: [
      { apiGroups: [""], resources: ["services", "secrets", "nodes", "configmaps"] },
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"] },
      { apiGroups: ["networking.k8s.io"], resources: ["ingressclasses"] },
      { apiGroups: ["traefik.io"], resources: ["*"] },
    ].map((rule) => ({ ...rule, verbs: ["get", "list", "watch"] })),
  },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: "traefik" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "traefik" },
    subjects: [{ kind: "ServiceAccount", ...account }],
  },
];

export interface TraefikOptions {
  readonly network: PrivateNetwork;
  readonly sandbox: Sandbox;
  readonly executable: string;
  /** Whether the API server's address leads to it in that network already. @default false */
  readonly reachesApi?: boolean;
}

/** As the chart sets it that k3s installs, but for what a pod finds by itself. */
function configuration({
  endpoint,
  token,
  caFile,
}: {
  endpoint: string;
  token: string;
  caFile: string;
}): object {
  return {
    entryPoints: {
      web: { address: `:${entryPorts.web}` },
      websecure: { address: `:${entryPorts.websecure}`, http: { tls: {} } },
    },
    providers: {
      kubernetesCRD: { endpoint, token, certAuthFilePath: caFile, allowEmptyServices: true },
    },
    global: { checkNewVersion: false, sendAnonymousUsage: false },
    log: { level: "DEBUG" },
  };
}

/** Ready once it has read the cluster's objects for the first time. */
export async function startTraefik({
  network,
  sandbox,
  executable,
  reachesApi = false,
}: TraefikOptions): Promise<Traefik> {
  const env = sandbox.environment();
  const kubectl = (args: readonly string[], input?: string) => outputOf("kubectl", args, { env, input });
  const list = { apiVersion: "v1", kind: "List", items: rights };
  await kubectl(["apply", "--server-side", "-f", "-"], JSON.stringify(list));
  // Longer than any run takes: without one it ends after an hour, and Traefik learns of no new pod any more.
  const token = await kubectl(["create", "token", account.name, "-n", account.namespace, "--duration=24h"]);
  const { server, ca } = await serverOf(kubectl);
  const caFile = join(network.folder, "ca.crt");
  await writeFile(caFile, ca);
  const { hostname, port } = new URL(server);
  const api = { path: join(network.folder, "api.sock") };
  const out = await relay({ from: api, to: { host: hostname, port: Number(port) } });
  const socket = (client: Client, entryPoint: EntryPoint): string =>
    join(network.folder, `${client}-${entryPoint}.sock`);
  const inward = Object.entries(clients).flatMap(([client, localAddress]) =>
    Object.entries(entryPorts).map(([entryPoint, number]) => ({
      from: { path: socket(client as Client, entryPoint as EntryPoint) },
      to: { host: traefikAddress, port: number, localAddress },
    })),
  );
  const outward = reachesApi ? [] : [{ from: { host: "127.0.0.1", port: Number(port) }, to: api }];
  await network.relay([...outward, ...inward]);
  const configFile = join(network.folder, "traefik.yaml");
  // A file, since what stands in the arguments everybody on this machine can read.
  const endpoint = `https://127.0.0.1:${port}`;
  await writeFile(configFile, stringify(configuration({ endpoint, token: token.trim(), caFile })), {
    mode: 0o600,
  });
  const start = (): Promise<Program> =>
    network.start(executable, [`--configFile=${configFile}`], {
      ready: /Configuration received.*kubernetescrd/,
    });
  let program = await start();
  return {
    get program() {
      return program;
    },
    async restart() {
      await program.end();
      program = await start();
    },
    socket,
    megabytes: () => megabytes(configFile),
    async close() {
      await program.end();
      out.close();
    },
  };
}

/** Of the process that was started with a configuration; its own id is known to nobody. */
async function megabytes(configFile: string): Promise<number> {
  for (const id of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const words = (await readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "")).split("\0");
    if (!words[0]?.endsWith("/traefik") || words[1] !== `--configFile=${configFile}`) continue;
    const kilobytes = /^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${id}/status`, "utf8"))?.[1];
    return Math.round(Number(kilobytes) / 1000);
  }
  throw new Error("Traefik does not run");
}

async function serverOf(kubectl: (args: readonly string[]) => Promise<string>) {
  const config = parse(await kubectl(["config", "view", "--minify", "--flatten"])) as {
    clusters: { cluster: { server: string; "certificate-authority-data": string } }[];
  };
  const cluster = config.clusters[0]?.cluster;
  if (cluster === undefined) throw new Error("the sandbox's kubeconfig names no cluster");
  return { server: cluster.server, ca: Buffer.from(cluster["certificate-authority-data"], "base64") };
}
