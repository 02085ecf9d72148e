/** Clients as people have them, beside a node: they ask by the names that people type, until they are told to stop. */
import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { PrivateNetwork } from "../network/network.ts";
import type { Ended, Kind } from "./ask.ts";

export interface Wanted {
  readonly kind: Kind;
  /** The SDK's base URL; of n8n, the code of the pattern. */
  readonly at: string;
  readonly count: number;
}

/** One request, with its beginning and end in milliseconds since 1970. */
export interface Request extends Ended {
  readonly kind: Kind;
  readonly at: string;
  readonly began: number;
  readonly ended: number;
}

/** What the program is told. */
export interface ClientsSpec {
  readonly socket: string;
  readonly clients: readonly Wanted[];
  /** After which a request counts as lost: longer than each client waits by itself. */
  readonly patienceSeconds: number;
}

export interface Clients {
  /** They finish what they have asked. @returns every request that there was */
  stop(): Promise<Request[]>;
}

export interface Surroundings {
  readonly network: PrivateNetwork;
  /** File with the resolver that pods have. */
  readonly resolvConf: string;
  /** Hosts that only clients at home know, with their addresses. */
  readonly hosts: Readonly<Record<string, string>>;
}

const program = join(import.meta.dirname, "programs", "clients.ts");
/** Shows a program other files in the place of the machine's. */
const withOwnNames =
  'mount --bind "$1" /etc/hosts && mount --bind "$2" /etc/resolv.conf && shift 2 && exec "$@"';
let started = 0;

export async function startClients(
  { network, resolvConf, hosts }: Surroundings,
  clients: readonly Wanted[],
): Promise<Clients> {
  const name = join(network.folder, `clients-${started++}`);
  const hostsFile = `${name}.hosts`;
  const lines = Object.entries({ localhost: "127.0.0.1", ...hosts }).map(
    ([host, address]) => `${address} ${host}\n`,
  );
  await writeFile(hostsFile, lines.join(""));
  const socket = `${name}.sock`;
  const spec: ClientsSpec = { socket, clients, patienceSeconds: 330 };
  const own = ["--mount", "--propagation", "private", "sh", "-c", withOwnNames, "sh", hostsFile, resolvConf];
  const running = await network.start("unshare", [...own, process.execPath, program, JSON.stringify(spec)], {
    // Traefik shows a certificate of its own here, and each process warns that nobody looks at it.
    env: { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: "0", NODE_OPTIONS: "--no-warnings" },
    ready: /^ready$/m,
  });
  return {
    async stop() {
      try {
        return JSON.parse(await text(connect(socket))) as Request[];
      } finally {
        await running.end();
      }
    },
  };
}
