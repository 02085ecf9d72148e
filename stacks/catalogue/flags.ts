/** Flags of the server that came, or went, with a version; read in each version's own arguments (vllm/engine/arg_utils.py, entrypoints). */

export interface FlagLife {
  flag: string;
  /** First version that has it. @default every version that is known here */
  from?: string;
  /** First version that has it no more. @default none */
  gone?: string;
  /** What takes its place. */
  instead?: string;
}

export const flagLives: readonly FlagLife[] = [
  { flag: "--speculative-model", gone: "0.8.4", instead: "--speculative-config" },
  { flag: "--use-v2-block-manager", gone: "0.10.0" },
  { flag: "--num-scheduler-steps", gone: "0.10.1" },
  { flag: "--preemption-mode", gone: "0.11.0" },
  { flag: "--max-seq-len-to-capture", gone: "0.11.0", instead: "--cudagraph-capture-sizes" },
  { flag: "--rope-scaling", gone: "0.11.1", instead: "--hf-overrides" },
  { flag: "--guided-decoding-backend", gone: "0.12.0", instead: "--structured-outputs-config" },
  { flag: "--cuda-graph-sizes", gone: "0.13.0", instead: "--cudagraph-capture-sizes" },
  { flag: "--task", gone: "0.13.0", instead: "--runner" },
  { flag: "--disable-log-requests", gone: "0.17.0" },
  { flag: "--swap-space", gone: "0.18.0" },
  { flag: "--calculate-kv-scales", gone: "0.28.0" },
  { flag: "--runner", from: "0.10.1" },
  { flag: "--convert", from: "0.10.1" },
  { flag: "--enable-log-requests", from: "0.10.1" },
  { flag: "--cudagraph-capture-sizes", from: "0.10.1" },
  { flag: "--structured-outputs-config", from: "0.11.0" },
  { flag: "--kv-offloading-size", from: "0.11.1" },
  { flag: "--attention-backend", from: "0.13.0" },
  { flag: "--language-model-only", from: "0.17.0" },
  { flag: "--performance-mode", from: "0.17.0" },
  { flag: "--moe-backend", from: "0.17.0" },
];
