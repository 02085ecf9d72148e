/** What the engine's log tells of its start, in the words of every version from 0.5.5 on. Pure. */

/** Tokens in a block of the older engines' count: vLLM's default on NVIDIA cards. */
const blockTokens = 16;

export interface StartLog {
  /** When the server was ready for clients, where the log has times in front of its lines. */
  readyAt?: Date;
  /** What the weights took on the card, in GiB. */
  weightsGiB?: number;
  /** What was left for keys and values, in GiB. */
  keyValueGiB?: number;
  /** Tokens for which there is room. */
  keyValueTokens?: number;
  /** Whose memory it was: the CPU's where vLLM runs without a card. */
  device?: "GPU" | "CPU";
}

/**
 * Each value's sentences. `Loading model weights took 5.2 GB`: V0, and GiB is meant; `Model loading took 5.2 GiB and 3.1 seconds`:
 * V1, from 0.14 on `GiB memory`; before 0.8.4 it says GB there, too.
 */
const words = {
  weightsGiB: [/(?:Loading model weights|Model loading) took ([\d.]+) Gi?B/],
  keyValueGiB: [
    /Available KV cache memory: (-?[\d.]+) GiB/,
    /memory reserved for KV Cache is (-?[\d.]+)GiB/,
    /Explicitly set \(([\d.]+)\/[\d.]+\) GiB for KV cache/,
  ],
} as const;

/** @param log with the kubelet's time in front of each line (`timestamps=true`), or without */
export function readStartLog(log: string): StartLog {
  const found: StartLog = {};
  for (const line of log.split("\n")) {
    for (const [name, patterns] of Object.entries(words) as [keyof typeof words, readonly RegExp[]][]) {
      const value = patterns.map((pattern) => pattern.exec(line)?.[1]).find((one) => one !== undefined);
      if (value !== undefined) {
        found[name] ??= Number(value);
      }
    }
    const tokens = /\b(GPU|CPU) KV cache size: ([\d,]+) tokens/.exec(line);
    const blocks = /# (?:GPU|cuda|CUDA) blocks: (\d+)/.exec(line)?.[1];
    if (tokens !== null) {
      found.device = tokens[1] as "GPU" | "CPU";
      found.keyValueTokens ??= Number(tokens[2]?.replaceAll(",", ""));
    } else if (blocks !== undefined) {
      found.device = "GPU";
      found.keyValueTokens ??= Number(blocks) * blockTokens;
    }
    const ready = /^(\d{4}-\d\d-\d\dT[\d:.]+Z)\s.*Application startup complete/.exec(line)?.[1];
    if (ready !== undefined) {
      found.readyAt ??= new Date(ready);
    }
  }
  return found;
}
