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

/** As many ports in a row as belong to one sandbox, more than it has names. */
const blockSize = 10;

/**
 * A free port for each name: the recorded one where it is still free, so that addresses stay the same across
 * restarts. New ones are of a block in which every port is free: a sandbox that runs listens on some of its own always, so no other
 * takes those on which it does not listen yet, as the stub's while there is no server. All are held open until the last is found.
 */
export async function choosePorts(recorded: Partial<Ports> = {}): Promise<Ports> {
  const held: Server[] = [];
  const chosen: Partial<Record<PortName, number>> = {};
  try {
    for (const name of portNames) {
      const wanted = recorded[name];
      if (wanted === undefined) continue;
      const server = await tryListen(wanted);
      if (server === undefined) continue;
      held.push(server);
      chosen[name] = wanted;
    }
    if (held.length < portNames.length) {
      const first = await holdBlock(held);
      for (const [place, name] of portNames.entries()) chosen[name] ??= first + place;
    }
  } finally {
    await closeAll(held);
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

/** Listens on all ports of a free block. @returns its first one */
async function holdBlock(held: Server[]): Promise<number> {
  const blocks = (portRange.last + 1 - portRange.first) / blockSize;
  for (let attempt = 0; attempt < 1000; attempt++) {
    const first = portRange.first + blockSize * Math.floor(Math.random() * blocks);
    const ports = Array.from({ length: blockSize }, (_, place) => first + place);
    const servers = (await Promise.all(ports.map(tryListen))).filter((server) => server !== undefined);
    if (servers.length === blockSize) {
      held.push(...servers);
      return first;
    }
    await closeAll(servers);
  }
  throw new Error(
    `no ${blockSize} free ports in a row between ${portRange.first} and ${portRange.last} on 127.0.0.1`,
  );
}

const closeAll = (servers: readonly Server[]): Promise<unknown> =>
  Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));

function tryListen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => resolve(server));
  });
}
