/**
 * `node lab/real-vllm/life/index.ts <port> <server command…>`: what the supervisor makes of a real vLLM server's deaths, hangs, ends
 * and busiest hours, each event with a server of its own and the limits of the product. Prints a table; asserts nothing.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { supervised } from "../../../stacks/manifests/supervisor/index.ts";
import type { ServerPlan } from "../../../stacks/plan/index.ts";
import { supervision } from "../../../stacks/plan/supervision.ts";

const [portText = "", ...rest] = process.argv.slice(2);
const chosen = process.env.EVENTS?.split(",");
const port = Number(portText);
const url = `http://127.0.0.1:${port}`;

interface Run {
  child: ChildProcess;
  log: () => string;
  ended: Promise<string>;
}

/** What one client saw: its status, how many characters, and how it ended, with the seconds since the event. */
interface Client {
  done: boolean;
  text: () => string;
}

let began = 0;
let asked = 0;
const since = () => ((Date.now() - began) / 1000).toFixed(1);

async function start(): Promise<Run> {
  const plan = { supervision: { ...supervision, port }, command: rest } as unknown as ServerPlan;
  const [program = "", ...args] = supervised(plan);
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (part) => (log += String(part)));
  const ended = once(child, "exit").then(([code, signal]) => `exit ${code ?? signal} after ${since()} s`);
  for (;;) {
    if (child.exitCode !== null) throw new Error(`ended while loading:\n${log.slice(-3000)}`);
    const answer = await fetch(`${url}/health`).catch(() => undefined);
    if (answer?.ok) break;
    await sleep(500);
  }
  await sleep(3000);
  return { child, log: () => log, ended };
}

/** The deepest process by multiprocessing below the server. */
function engineOf(root: number): number {
  const parents = new Map<number, number>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
      parents.set(Number(pid), Number(fields[1]));
    } catch {}
  }
  const below = (pid: number): boolean => pid === root || (parents.has(pid) && below(parents.get(pid) ?? 0));
  const found = [...parents.keys()].filter((pid) => {
    if (pid === root || !below(pid)) return false;
    const line = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    return /spawn_main|VLLM::EngineCore/.test(line);
  });
  // Never 0, which would be a kill of this program's own group.
  if (found[0] === undefined) throw new Error("there is no engine below the server");
  return found[0];
}

function client(words: number, maxTokens: number, stream = true, milliseconds = 600_000): Client {
  const one = { done: false, seen: "", how: "waits" };
  asked += 1;
  const body = {
    model: "default",
    // Each begins otherwise, so that no prefix is found in the cache.
    prompt: `${asked} ${"a ".repeat(words)}`,
    max_tokens: maxTokens,
    ignore_eos: true,
    stream,
  };
  void (async () => {
    try {
      const answer = await fetch(`${url}/v1/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(milliseconds),
      });
      one.how = `${answer.status}, goes on`;
      for await (const part of answer.body ?? []) one.seen += new TextDecoder().decode(part);
      const whole = stream
        ? one.seen.includes("[DONE]") && !one.seen.includes('"error"')
        : one.seen.includes("usage");
      one.how = `${answer.status} ${whole ? "whole" : "cut"} ${since()} s`;
    } catch (error) {
      const cause =
        error instanceof Error ? ((error.cause as Error | undefined)?.message ?? error.message) : "";
      one.how = `${one.how === "waits" ? "no answer" : "cut"} (${cause}) ${since()} s`;
    }
    one.done = true;
  })();
  return {
    get done() {
      return one.done;
    },
    text: () => one.how,
  };
}

const all = async (clients: Client[], seconds: number): Promise<string> => {
  for (let left = seconds * 10; left > 0 && !clients.every((one) => one.done); left -= 1) await sleep(100);
  const counted = new Map<string, number>();
  for (const one of clients) {
    const what = one.text().replace(/[\d.]+ s$/, "");
    counted.set(what, (counted.get(what) ?? 0) + 1);
  }
  const last = clients.map((one) => Number(/([\d.]+) s$/.exec(one.text())?.[1] ?? 0));
  return `${[...counted].map(([what, many]) => `${many}× ${what}`).join("; ")}, the last at ${Math.max(...last)} s`;
};

async function signalWhileStreaming({ child, ended }: Run, signal: NodeJS.Signals): Promise<string> {
  const clients = Array.from({ length: 4 }, () => client(20, 5000));
  await sleep(3000);
  began = Date.now();
  process.kill(engineOf(child.pid ?? 0), signal);
  return `${await ended}; ${await all(clients, 5)}`;
}

const events: Record<string, (run: Run) => Promise<string>> = {
  "16 streams": async () =>
    all(
      Array.from({ length: 16 }, () => client(20, 1000)),
      300,
    ),
  "64 requests, a queue": async () =>
    all(
      Array.from({ length: 64 }, () => client(20, 300)),
      300,
    ),
  "16 long prompts at once": async () =>
    all(
      Array.from({ length: 16 }, () => client(Number(process.env.LONG ?? 3500), 4)),
      580,
    ),
  "idle for 100 s": async ({ log }) => {
    const before = log().match(/POST/g)?.length ?? 0;
    await sleep(100_000);
    return `${(log().match(/POST/g)?.length ?? 0) - before} questions asked`;
  },
  "a connection kept open for 100 s": async ({ log }) => {
    const before = log().match(/POST/g)?.length ?? 0;
    const { connect } = await import("node:net");
    const socket = connect(port, "127.0.0.1");
    await sleep(100_000);
    socket.destroy();
    return `${(log().match(/POST/g)?.length ?? 0) - before} questions asked`;
  },
  "kill -9 of the engine, idle": async ({ child, ended }) => {
    process.kill(engineOf(child.pid ?? 0), "SIGKILL");
    return ended;
  },
  "kill -9 of the engine, 4 streams": (server) => signalWhileStreaming(server, "SIGKILL"),
  "SIGSTOP of the engine, 4 streams": (server) => signalWhileStreaming(server, "SIGSTOP"),
  "SIGSTOP of the idle engine, then a client": async ({ child, ended }) => {
    process.kill(engineOf(child.pid ?? 0), "SIGSTOP");
    await sleep(10_000);
    began = Date.now();
    const one = client(20, 50);
    return `${await ended}; ${await all([one], 5)}`;
  },
  "SIGSTOP, and clients that give up after 8 s": async ({ child, ended }) => {
    process.kill(engineOf(child.pid ?? 0), "SIGSTOP");
    began = Date.now();
    let over = false;
    void ended.then(() => {
      over = true;
    });
    while (!over) {
      client(20, 50, false, 8000);
      await sleep(15_000);
    }
    return ended;
  },
  "SIGTERM, idle": async ({ child, ended }) => {
    child.kill("SIGTERM");
    return ended;
  },
  "SIGTERM, 3 streams of some 8 s, 1 new one": async ({ child, ended }) => {
    const clients = Array.from({ length: 3 }, () => client(20, Number(process.env.SHORT ?? 250)));
    await sleep(1000);
    began = Date.now();
    child.kill("SIGTERM");
    await sleep(1500);
    clients.push(client(20, 20, false));
    return `${await ended}; ${await all(clients, 5)}`;
  },
  "SIGTERM, 3 streams of minutes": async ({ child, ended }) => {
    const clients = [...Array.from({ length: 3 }, () => client(20, 6000)), client(20, 6000, false)];
    await sleep(1000);
    began = Date.now();
    child.kill("SIGTERM");
    return `${await ended}; ${await all(clients, 5)}`;
  },
};

let run: Run | undefined;
for (const [name, event] of Object.entries(events)) {
  if (chosen !== undefined && !chosen.some((word) => name.includes(word))) continue;
  if (run === undefined || run.child.exitCode !== null || run.child.signalCode !== null) run = await start();
  const before = run.log().length;
  began = Date.now();
  console.log(`${name} | ${await event(run)}`);
  await sleep(200);
  const own = run
    .log()
    .slice(before)
    .split("\n")
    .filter((line) => /vllm-platform:/.test(line));
  for (const line of own) console.log(`  ${line}`);
}
run?.child.kill("SIGTERM");
