/** Starts a real vLLM with the tiny model, and ends with it. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { placesIn } from "./build.ts";

export interface Serving {
  readonly folder: string;
  readonly port: number;
  /** Arguments of vLLM after those that the tiny model and this machine need. */
  readonly more: readonly string[];
}

/** What it serves as: a name of its own, and the alias that each mode has. */
export const servedNames = ["tiny", "default"] as const;

/** Resolves with vLLM's exit status; it gets the signals that end this process, so that it is seen to end by itself. */
export function serveRealVllm(serving: Serving): Promise<number> {
  const child = startRealVllm(serving, "inherit");
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => child.kill(signal));
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

/** A vLLM that begins to load. */
export function startRealVllm({ folder, port, more }: Serving, stdio: "inherit" | "ignore"): ChildProcess {
  const places = placesIn(folder);
  const args = [
    ...["serve", places.model, "--served-model-name", ...servedNames],
    ...["--host", "127.0.0.1", "--port", String(port)],
    ...["--load-format", "dummy", "--enforce-eager", "--max-model-len", "8192", ...more],
  ];
  return spawn(join(places.venv, "bin", "vllm"), args, {
    stdio,
    // One GB of cache for keys and values is enough for many requests; nothing is asked of a hub or counted by a vendor.
    env: { ...process.env, VLLM_CPU_KVCACHE_SPACE: "1", HF_HUB_OFFLINE: "1", VLLM_NO_USAGE_STATS: "1" },
  });
}
