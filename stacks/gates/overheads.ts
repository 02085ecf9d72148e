/**
 * What a server takes on the card besides weights and KV cache, in numbers that no configuration tells. Each can be
 * overridden; none is fitted to one case: test/unit/stacks/gates/measured.test.ts holds them against all that are known.
 */

export interface Overhead {
  /** In bytes; of `marlinReduceRows` in rows, of `cudaGraphs` in bytes for each layer and each unit of the hidden width. */
  value: number;
  meaning: string;
  source: string;
}

const mebibyte = 1024 ** 2;

export const overheads = {
  cudaContext: {
    value: 256 * mebibyte,
    meaning: "the process's CUDA context, which exists before the engine measures anything",
    source:
      "reference setup: 8754 MiB used, less desktop, weights and the 3147 KV blocks, leaves 0.43 GiB for this and nonTorch",
  },
  nonTorch: {
    value: 205 * mebibyte,
    meaning: "kernels, cuBLAS and NCCL, loaded after the context and outside torch's allocator",
    source:
      "start logs on one card: 0.03 and 0.04 (vllm issues 13882, 12529), 0.20 (PR 14447), 0.39 GiB (11251)",
  },
  marlinReduceRows: {
    value: 1024,
    meaning: "rows of the Marlin kernel's 32-bit buffer for partial sums, as wide as the widest layer",
    source: "vLLM csrc gptq_marlin.cu: 16 parallel problems of 64 rows",
  },
  cudaGraphs: {
    value: 7500,
    meaning:
      "CUDA graphs and what compiling them takes, for each layer and each unit of the hidden width; half of it where they come on top of the share, as the other half finds room in what profiling gave back",
    source:
      "0.17 to 1.0 GiB between 0.6B and 8B models on a card of 12 GB, 1.05 GiB on an L4 (logs of 0.20 and later); 0.46 and 0.79 GiB on top in 0.11 and 0.19.1",
  },
  awqUnpacking: {
    value: 14.4,
    meaning:
      "what loading AWQ weights takes for a moment, for each weight of the largest layer (gate and up together)",
    source:
      "1.1 GiB over the weights for Qwen3 8B, 1.5 for Qwen2.5 7B, 1.6 and 2.0 for two 14B models (vLLM 0.19 and later): 12 bytes, and a fifth more that the allocator keeps",
  },
} as const satisfies Record<string, Overhead>;

export type OverheadName = keyof typeof overheads;

/** Values to use instead of the defaults, each in its overhead's unit, but CUDA graphs in bytes; and copies in the sampler. */
export type OverheadOverrides = Partial<Record<OverheadName | "samplerCopies", number>>;

/** The value to compute with. */
export function overhead(
  name: Exclude<OverheadName, "cudaGraphs">,
  overrides: OverheadOverrides = {},
): number {
  return overrides[name] ?? overheads[name].value;
}
