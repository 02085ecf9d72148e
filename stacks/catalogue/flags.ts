/** Flags of the server that came, or went, with a version; read in each version's own arguments (vllm/engine/arg_utils.py, entrypoints). */
import { firstQuietEngine } from "./engines.ts";

export interface FlagLife {
  flag: string;
  /** Shortest beginning of it that no other flag has, in any version: the parser takes that for the flag, too. */
  shortest: string;
  /** First version that has it. @default every version that is known here */
  from?: string;
  /** First version that has it no more. @default none */
  gone?: string;
  /** What takes its place. */
  instead?: string;
}

export const flagLives: readonly FlagLife[] = [
  {
    flag: "--speculative-model",
    shortest: "--speculative-mo",
    gone: "0.8.4",
    instead: "--speculative-config",
  },
  { flag: "--use-v2-block-manager", shortest: "--use-v2", gone: "0.10.0" },
  { flag: "--num-scheduler-steps", shortest: "--num-scheduler", gone: "0.10.1" },
  { flag: "--preemption-mode", shortest: "--preemption", gone: "0.11.0" },
  {
    flag: "--max-seq-len-to-capture",
    shortest: "--max-seq",
    gone: "0.11.0",
    instead: "--cudagraph-capture-sizes",
  },
  { flag: "--rope-scaling", shortest: "--rope-s", gone: "0.11.1", instead: "--hf-overrides" },
  {
    flag: "--guided-decoding-backend",
    shortest: "--guided-decoding-b",
    gone: "0.12.0",
    instead: "--structured-outputs-config",
  },
  { flag: "--cuda-graph-sizes", shortest: "--cuda-", gone: "0.13.0", instead: "--cudagraph-capture-sizes" },
  { flag: "--task", shortest: "--task", gone: "0.13.0", instead: "--runner" },
  { flag: "--disable-log-requests", shortest: "--disable-log-r", gone: "0.17.0" },
  { flag: "--swap-space", shortest: "--swap", gone: "0.18.0" },
  { flag: "--calculate-kv-scales", shortest: "--calculate", gone: "0.28.0" },
  { flag: "--runner", shortest: "--runner", from: "0.10.1" },
  { flag: "--convert", shortest: "--convert", from: "0.10.1" },
  { flag: "--enable-log-requests", shortest: "--enable-log-r", from: "0.10.1" },
  { flag: "--cudagraph-capture-sizes", shortest: "--cudagraph-c", from: "0.10.1" },
  { flag: "--structured-outputs-config", shortest: "--structured", from: "0.11.0" },
  { flag: "--kv-offloading-size", shortest: "--kv-offloading-s", from: "0.11.1" },
  { flag: "--attention-backend", shortest: "--attention-b", from: "0.13.0" },
  { flag: "--disable-access-log-for-endpoints", shortest: "--disable-access", from: firstQuietEngine },
  { flag: "--language-model-only", shortest: "--language-model", from: "0.17.0" },
  { flag: "--performance-mode", shortest: "--performance", from: "0.17.0" },
  { flag: "--moe-backend", shortest: "--moe-b", from: "0.17.0" },
];
