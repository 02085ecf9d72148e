/**
 * What a server takes on the card besides weights and KV cache, in numbers that no configuration tells. Each can be
 * overridden; none is fitted to one case: test/unit/stacks/gates/measured.test.ts holds them against all that are known.
 */

export interface Overhead {
  value: number;
  unit: "bytes" | "copies" | "rows";
  meaning: string;
  source: string;
}

const mebibyte = 1024 ** 2;

export const overheads = {
  cudaContext: {
    value: 256 * mebibyte,
    unit: "bytes",
    meaning: "the process's CUDA context, which exists before the engine measures anything",
    source:
      "reference setup: 8754 MiB used, less desktop, weights and the 3147 KV blocks, leaves 0.43 GiB for this and nonTorch",
  },
  nonTorch: {
    value: 205 * mebibyte,
    unit: "bytes",
    meaning: "kernels, cuBLAS and NCCL, loaded after the context and outside torch's allocator",
    source:
      "start logs on one card: 0.03 and 0.04 (vllm issues 13882, 12529), 0.20 (PR 14447), 0.39 GiB (11251)",
  },
  samplerCopies: {
    value: 9.75,
    unit: "copies",
    meaning:
      "32-bit copies of the logits (sequences × vocabulary) alive at once in the sampler's sort; 0.21 and later need fewer",
    source:
      "counted in vLLM 0.5.5 and 0.8.5.post1 (9.75 and 9.5); gives the 1.42 and 1.26 GiB of vllm issue 13882 and PR 10511",
  },
  marlinReduceRows: {
    value: 1024,
    unit: "rows",
    meaning: "rows of the Marlin kernel's 32-bit buffer for partial sums, as wide as the widest layer",
    source: "vLLM csrc gptq_marlin.cu: 16 parallel problems of 64 rows",
  },
  cudaGraphs: {
    value: 512 * mebibyte,
    unit: "bytes",
    meaning: "captured CUDA graphs, where they are not turned off by enforceEager",
    source: "recent start logs: 0.36 to 0.65 GiB (vllm RFC 27951); older ones up to 2.4 GiB (issue 7553)",
  },
} as const satisfies Record<string, Overhead>;

export type OverheadName = keyof typeof overheads;

/** Values to use instead of the defaults, each in its overhead's unit. */
export type OverheadOverrides = Partial<Record<OverheadName, number>>;

/** The value to compute with. */
export function overhead(name: OverheadName, overrides: OverheadOverrides = {}): number {
  return overrides[name] ?? overheads[name].value;
}
