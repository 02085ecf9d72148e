/**
 * Clients that ask again and again: `clients.ts '{"socket": …, "clients": […]}'`. Who connects to the socket ends them: they finish what
 * they have asked, and the answer is every request that there was, as JSON.
 */
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { n8n, sdk, stream } from "../ask.ts";
import type { ClientsSpec, Request, Wanted } from "../index.ts";

/** Between the end of a client's request and its next, in milliseconds. */
const pauseMs = 500;

const { socket, clients, patienceSeconds } = JSON.parse(process.argv[2] ?? "{}") as ClientsSpec;
const asks = { n8n, sdk, stream };
const requests: Request[] = [];
let stopped = false;

async function askOn({ kind, at }: Wanted): Promise<void> {
  const ask = asks[kind](at);
  while (!stopped) {
    const began = Date.now();
    const none = { end: "lost", why: `neither answer nor error within ${patienceSeconds} s` } as const;
    const ended = await Promise.race([
      ask(),
      sleep(patienceSeconds * 1000, undefined, { ref: false }).then(() => none),
    ]);
    requests.push({ kind, at, began, ended: Date.now(), ...ended });
    await sleep(pauseMs);
  }
}

const all = clients.flatMap((wanted) => Array.from({ length: wanted.count }, () => askOn(wanted)));
createServer((connection) => {
  stopped = true;
  void Promise.all(all).then(() => connection.end(JSON.stringify(requests), () => process.exit(0)));
}).listen(socket, () => console.log("ready"));
