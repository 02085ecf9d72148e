/** What the plan must know of a model and cannot read from a cluster. */
export interface Model {
  /** Hugging Face id, as clients name it. */
  id: string;
  /** Sum of the weight files in bytes, as downloaded and as held on the card. */
  weightBytes: number;
  /** Value of `--quantization`; absent for unquantized weights. */
  quantization?: string;
  /** `other`: not every layer keeps keys and values of all tokens, so the memory gate cannot tell the KV cache. @default full attention */
  attention?: "other";
  /** Transformer layers. */
  layers: number;
  /** Key/value heads (fewer than attention heads where the model uses grouped-query attention). */
  keyValueHeads: number;
  /** Size of one attention head. */
  headSize: number;
  /** Width of the hidden states. */
  hiddenSize: number;
  /** Width of the feed-forward layer (`intermediate_size`). */
  feedForwardSize: number;
  /** Entries of the vocabulary, padding included: the width of the logits. */
  vocabularySize: number;
  /** Longest context the model was made for, in tokens. */
  maxContext: number;
  /** Lowest compute capability of a card that has the kernels for its weights, for example 7.5. */
  minimumComputeCapability: number;
  /** Form that its weight files have and no other is read of; absent where the engine may choose, pickles among them. */
  loadFormat?: "safetensors";
  /** Tokenizer to load instead of the model's own. */
  tokenizer?: string;
  /** Parser that splits the chain of thought from the answer, where the model writes one. */
  reasoningParser?: string;
  /** A better one, and the first engine that has it. */
  newerReasoningParser?: { from: string; name: string };
  /** Where the numbers come from. */
  source: string;
}

/** AWQ in 4 bits needs Turing or newer; older engines' Marlin kernel needs more (stacks/gates/engine.ts). */
const awqCapability = 7.5;

const awq = {
  quantization: "awq_marlin",
  minimumComputeCapability: awqCapability,
  loadFormat: "safetensors",
} as const;

/** Qwen2.5 7B and its distillate share one architecture. */
const qwen7B = {
  weightBytes: 5_570_747_392,
  layers: 28,
  keyValueHeads: 4,
  headSize: 128,
  hiddenSize: 3584,
  feedForwardSize: 18_944,
  vocabularySize: 152_064,
} as const;

/** Qwen2.5 14B and its distillate share one architecture. */
const qwen14B = {
  weightBytes: 9_980_028_928,
  layers: 48,
  keyValueHeads: 8,
  headSize: 128,
  hiddenSize: 5120,
  feedForwardSize: 13_824,
  vocabularySize: 152_064,
} as const;

/**
 * Models known by number. Layers, heads, widths and context are those of each model's published `config.json`. The weights
 * are the bytes of its tensors, 4 bits in groups of 128 with the embeddings in 16 bits; they agree with the file sizes
 * that each repository lists, to the 10 MB that these are given to.
 */
export const models: readonly Model[] = [
  {
    id: "Qwen/Qwen2.5-7B-Instruct-AWQ",
    ...awq,
    ...qwen7B,
    maxContext: 32_768,
    source:
      "config.json; files of 4.48 + 1.09 GB; 5.2 GiB measured on the card (reference setup, vllm issue 13882)",
  },
  {
    id: "Qwen/Qwen2.5-14B-Instruct-AWQ",
    ...awq,
    ...qwen14B,
    maxContext: 32_768,
    source: "config.json; files of 4.99 + 4.99 GB; 9.4 GB measured on the card (reference setup)",
  },
  {
    id: "Qwen/Qwen3-8B-AWQ",
    ...awq,
    weightBytes: 6_098_479_104,
    layers: 36,
    keyValueHeads: 8,
    headSize: 128,
    hiddenSize: 4096,
    feedForwardSize: 12_288,
    vocabularySize: 151_936,
    maxContext: 40_960,
    reasoningParser: "deepseek_r1",
    // The older one takes an answer without <think>, as with enable_thinking: false, for thought alone: content is then null.
    newerReasoningParser: { from: "0.9.0", name: "qwen3" },
    source: "config.json; parser: vllm/reasoning of 0.8.5.post1 and 0.9.0",
  },
  {
    id: "casperhansen/deepseek-r1-distill-qwen-7b-awq",
    ...awq,
    ...qwen7B,
    maxContext: 131_072,
    // The repacked weights carry a tokenizer that drops the chat template; the reference setup needed the original.
    tokenizer: "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B",
    reasoningParser: "deepseek_r1",
    source:
      "config.json; files of 4.48 + 1.09 GB; weights and tokenizer measured on the card (reference setup)",
  },
  {
    id: "casperhansen/deepseek-r1-distill-qwen-14b-awq",
    ...awq,
    ...qwen14B,
    maxContext: 131_072,
    // Repacked together with the 7B model and with the same tokenizer file, so the same cure; not tried on a card.
    tokenizer: "deepseek-ai/DeepSeek-R1-Distill-Qwen-14B",
    reasoningParser: "deepseek_r1",
    source: "config.json; files of 4.99 + 4.99 GB; 9.4 GB measured on the card (reference setup)",
  },
  {
    id: "casperhansen/deepseek-r1-distill-llama-8b-awq",
    ...awq,
    weightBytes: 5_727_854_592,
    layers: 32,
    keyValueHeads: 8,
    headSize: 128,
    hiddenSize: 4096,
    feedForwardSize: 14_336,
    vocabularySize: 128_256,
    maxContext: 131_072,
    // Of the same series as the two above; not tried on a card.
    tokenizer: "deepseek-ai/DeepSeek-R1-Distill-Llama-8B",
    reasoningParser: "deepseek_r1",
    source: "config.json of Llama 3.1 8B; other AWQ repacks of it list files of 4.68 + 1.05 GB",
  },
  {
    id: "TheBloke/deepseek-coder-6.7B-instruct-AWQ",
    ...awq,
    weightBytes: 3_893_501_952,
    layers: 32,
    keyValueHeads: 32,
    headSize: 128,
    hiddenSize: 4096,
    feedForwardSize: 11_008,
    vocabularySize: 32_256,
    maxContext: 16_384,
    source: "config.json; one file of 3.89 GB; 3.7 GB measured on the card (reference setup)",
  },
];

export function findModel(id: string): Model | undefined {
  return models.find((model) => model.id === id);
}
