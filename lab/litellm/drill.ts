/** Takes the first server away under streams, gives it back, and says how long clients waited. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Stream, startClients } from "./clients.ts";

/** What was seen of one event. Seconds; from the event where not said otherwise. */
export interface Figures {
  event: string;
  /** Streams that were under way and cut. */
  cut: number;
  /** First token of the CPU at the first and at the last client to get one. */
  firstCpu: number;
  lastCpu: number;
  /** Of the requests that began later, each from its own beginning. */
  laterMedian: number;
  laterMost: number;
  /** From the server's return to the first token of the GPU. */
  back: number;
}

const clientCount = 8;
const outageSeconds = 30;

/** How each event is brought about, and undone. */
const events = {
  "killed: connections are refused": { away: "SIGKILL", back: undefined },
  "stopped: connections hang": { away: "SIGSTOP", back: "SIGCONT" },
} as const;

/** @param proxy address of LiteLLM @param startGpu starts the first server, and resolves when it answers */
export async function drill(
  proxy: string,
  key: string,
  startGpu: () => Promise<ChildProcess>,
): Promise<Figures[]> {
  const figures: Figures[] = [];
  for (const [event, { away, back }] of Object.entries(events)) {
    let gpu = await startGpu();
    const clients = startClients(proxy, key, clientCount);
    await until(() => clients.streams.every((own) => own.some(({ whole, by }) => whole && by === "gpu")));
    await sleep(1000); // All have begun at once, and are now in the middle of a stream.
    const gone = performance.now();
    gpu.kill(away);
    await sleep(outageSeconds * 1000);
    const returned = performance.now();
    if (back === undefined) gpu = await startGpu();
    else gpu.kill(back);
    const isBack = ({ by, firstToken = 0, began }: Stream) =>
      by === "gpu" && began > returned && firstToken > returned;
    await until(() => clients.streams.flat().some(isBack));
    await clients.stop();
    gpu.kill("SIGKILL");
    const all = clients.streams.flat();
    figures.push({
      event,
      ...outage(clients.streams, gone, returned),
      back: earliest(all.filter(isBack), returned),
    });
  }
  return figures;
}

function outage(
  streams: readonly Stream[][],
  gone: number,
  returned: number,
): Omit<Figures, "event" | "back"> {
  const first = streams.map((own) => own.find(({ by, firstToken = 0 }) => by === "cpu" && firstToken > gone));
  const came = first.flatMap((stream) => (stream?.firstToken === undefined ? [] : [stream.firstToken]));
  const later = streams.flatMap((own, client) =>
    own.filter(
      ({ began }) =>
        began > (first[client]?.firstToken ?? Number.POSITIVE_INFINITY) && began < returned - 10_000,
    ),
  );
  const waits = later
    .map(({ began, firstToken = Number.POSITIVE_INFINITY }) => firstToken - began)
    .sort((a, b) => a - b);
  const cut = streams.flat().filter(({ began, by, whole }) => began < gone && by === "gpu" && !whole);
  return {
    cut: cut.length,
    firstCpu: seconds(Math.min(...came) - gone),
    lastCpu: came.length < streams.length ? Number.POSITIVE_INFINITY : seconds(Math.max(...came) - gone),
    laterMedian: seconds(waits[Math.floor(waits.length / 2)] ?? Number.NaN),
    laterMost: seconds(waits.at(-1) ?? Number.NaN),
  };
}

const earliest = (streams: readonly Stream[], since: number): number =>
  seconds(Math.min(...streams.map(({ firstToken = Number.POSITIVE_INFINITY }) => firstToken)) - since);

const seconds = (milliseconds: number): number => milliseconds / 1000;

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 90_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error("the clients were not answered within 90 s");
    await sleep(100);
  }
}

/** Starts a stand-in on a port, and resolves when it answers. */
export async function startServer(port: number, name: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "server.ts"), String(port), name], {
    stdio: "inherit",
  });
  process.once("exit", () => child.kill("SIGKILL"));
  await answering(`http://127.0.0.1:${port}/health`);
  return child;
}

/** Waits until something answers there. */
export async function answering(url: string): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    const there = await fetch(url).then(
      () => true,
      () => false,
    );
    if (there) return;
    if (tries > 600) throw new Error(`${url} did not answer within a minute`);
    await sleep(100);
  }
}
