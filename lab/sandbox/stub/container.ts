/**
 * The stub in the place of vLLM's server in a real container: loads, serves and fails as a file on the node tells, in the folder of
 * the model cache. It is read at each request, so what it says counts at once.
 */
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readServerArguments, wrongArgument } from "./interface/arguments.ts";
import { unknownVersion } from "./interface/versions.ts";
import { createStubServer } from "./server.ts";

/** What a server in a container does. */
export interface Behaviour {
  /** Seconds from its start until it listens. @default 3 */
  readonly loadSeconds?: number;
  /** The status that it ends with in place of listening. */
  readonly endsWith?: number;
  /** What it prints before that end. @default nothing */
  readonly says?: string;
  /** MiB that it writes into the folder of the model cache before it loads, as a download does. @default 0 */
  readonly fetchMiB?: number;
  /** And into its scratch space, as compiled kernels. @default 0 */
  readonly scratchMiB?: number;
  /** Whether it takes more and more memory while it loads. @default false */
  readonly growing?: boolean;
  /**
   * `hang`: accepts and never answers. `stuck`: answers /health and /metrics alone. `503`: answers so to everything. @default none
   */
  readonly fault?: "hang" | "stuck" | "503";
  /** Seconds that /health takes. @default 0 */
  readonly healthSeconds?: number;
  /** Seconds between two of the twenty words of an answer that is streamed. @default 0.1 */
  readonly wordSeconds?: number;
}

/** The file's name in the folder of the model cache. */
export const behaviourFile = ".behaviour.json";

function behaviour(): Behaviour {
  try {
    return JSON.parse(readFileSync(join(process.env.HF_HOME ?? "/", behaviourFile), "utf8")) as Behaviour;
  } catch {
    return {}; // there is none, or it is being written
  }
}

async function intercept({ url = "" }: IncomingMessage, response: ServerResponse): Promise<boolean> {
  const { fault, healthSeconds = 0 } = behaviour();
  const [path = ""] = url.split("?");
  if (path === "/health") await sleep(healthSeconds * 1000);
  if (fault === "503") {
    response.writeHead(503, { "Content-Length": 0 }).end();
    return true;
  }
  return fault === "hang" || (fault === "stuck" && !["/health", "/metrics"].includes(path));
}

/** 640 MiB a second, until the kernel ends it. */
function grow(): void {
  const held: Buffer[] = [];
  setInterval(() => held.push(Buffer.alloc(64 * 1024 ** 2, 1)), 100);
}

if (import.meta.main) {
  const created = Math.floor(Date.now() / 1000);
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => process.exit(0));
  const { loadSeconds = 3, endsWith, says, growing = false } = behaviour();
  const args = process.argv.slice(2);
  const fault = wrongArgument(args);
  if (fault !== undefined) {
    // As Python's argparse does, by which vLLM reads its arguments.
    console.error(`usage: api_server.py [-h] …\napi_server.py: error: ${fault}`);
    process.exit(2);
  }
  console.log(`INFO simulated by the vllm-platform lab: no model is loaded, in ${loadSeconds} s`);
  if (growing) grow();
  await sleep(loadSeconds * 1000);
  if (says !== undefined) console.error(says);
  if (endsWith !== undefined) process.exit(endsWith);
  const port = Number(args[args.indexOf("--port") + 1]);
  const streamPause = (): number => (behaviour().wordSeconds ?? 0.1) * 1000;
  await createStubServer(port, {
    host: "0.0.0.0",
    intercept,
    streamPause,
  }).serve({
    ...readServerArguments(args),
    ...(process.env.VLLM_API_KEY ? { apiKey: process.env.VLLM_API_KEY } : {}),
    created,
    version: process.env.VLLM_PLATFORM_STUB_VERSION ?? unknownVersion,
  });
  console.log(`INFO:     Uvicorn running on http://0.0.0.0:${port}`);
}
