import { createServer, type Server } from "node:net";
import { UserError } from "../../../system/errors.ts";
import { readJson } from "../../../system/json-file.ts";
import type { SandboxPaths } from "./paths.ts";

/** Every port that a sandbox listens on, on 127.0.0.1 only. */
export const portNames = [
  "etcd",
  "etcdPeer",
  "kubeApiserver",
  "kubeControllerManager",
  "kubeScheduler",
  "kwokController",
  "stub",
  "url",
  /** Of a real node's; kept for it where the node is simulated. */
  "kubelet",
] as const;
export type PortName = (typeof portNames)[number];
export type Ports = Readonly<Record<PortName, number>>;

/**
 * Below 32768, where Linux begins to hand out ports for outgoing connections: a recorded port of a stopped sandbox
 * is then seldom taken by chance.
 */
export const portRange = { first: 20_000, last: 29_999 };

/**
 * A free port for each name: the recorded one where it is still free, so that addresses stay the same across
 * restarts. All are held open until the last is found, so no two are equal.
 */
export async function choosePorts(recorded: Partial<Ports> = {}): Promise<Ports> {
  const held: Server[] = [];
  const chosen: Partial<Record<PortName, number>> = {};
  try {
    for (const name of portNames) {
      const wanted = recorded[name];
      let server = wanted === undefined ? undefined : await tryListen(wanted);
      for (let attempt = 0; server === undefined && attempt < 1000; attempt++) {
        server = await tryListen(randomPort());
      }
      if (server === undefined) {
        throw new Error(`no free port between ${portRange.first} and ${portRange.last} on 127.0.0.1`);
      }
      held.push(server);
      chosen[name] = portOf(server);
    }
  } finally {
    await Promise.all(held.map((server) => new Promise((closed) => server.close(closed))));
  }
  return chosen as Ports;
}

/** The ports of the last start. @throws UserError where there was none */
export async function recordedPorts(paths: SandboxPaths): Promise<Ports> {
  const ports = await readJson<Ports>(paths.ports);
  if (ports === undefined) throw new UserError("There is no sandbox yet; run `npm start`.");
  return ports;
}

export const urlOf = (ports: Ports): string => `http://127.0.0.1:${ports.url}`;

/** Whether 127.0.0.1:`port` can be listened on now. */
export async function isFree(port: number): Promise<boolean> {
  const server = await tryListen(port);
  if (server === undefined) return false;
  await new Promise((closed) => server.close(closed));
  return true;
}

function randomPort(): number {
  return portRange.first + Math.floor(Math.random() * (portRange.last - portRange.first + 1));
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server without a port");
  return address.port;
}

function tryListen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => resolve(server));
  });
}
