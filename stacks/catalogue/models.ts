/** What the plan must know of a model and cannot read from a cluster. */
export interface Model {
  /** Hugging Face id, as clients name it. */
  id: string;
  /** Sum of the weight files in bytes, as downloaded and as held on the card. */
  weightBytes: number;
  /** Value of `--quantization`; absent for unquantized weights. */
  quantization?: string;
  /** Transformer layers. */
  layers: number;
  /** Key/value heads (fewer than attention heads where the model uses grouped-query attention). */
  keyValueHeads: number;
  /** Size of one attention head. */
  headSize: number;
  /** Longest context the model was made for, in tokens. */
  maxContext: number;
  /** Width of a layer. */
  hiddenSize?: number;
  /** Width of a layer's feed-forward part. */
  feedForwardSize?: number;
  /** Tokens that the model knows. */
  vocabularySize?: number;
  /** Least compute capability of a card that can run the weights, for example 7.5. */
  minimumComputeCapability?: number;
  /** Where the numbers are from. */
  source?: string;
  /** Tokenizer to load instead of the model's own. */
  tokenizer?: string;
  /** Parser that splits the chain of thought from the answer, where the model writes one. */
  reasoningParser?: string;
}

const gibibyte = 1024 ** 3;

/**
 * Models known by number. Layers, heads and context are those of each model's published `config.json`;
 * weights are the sizes measured on the card: 5.2 GiB for the 7B AWQ models (vllm issue 13882 and the home lab).
 */
export const models: readonly Model[] = [
  {
    id: "Qwen/Qwen2.5-7B-Instruct-AWQ",
    weightBytes: 5.2 * gibibyte,
    quantization: "awq_marlin",
    layers: 28,
    keyValueHeads: 4,
    headSize: 128,
    maxContext: 32768,
  },
  {
    id: "casperhansen/deepseek-r1-distill-qwen-7b-awq",
    weightBytes: 5.2 * gibibyte,
    quantization: "awq_marlin",
    layers: 28,
    keyValueHeads: 4,
    headSize: 128,
    maxContext: 131072,
    // The repacked weights carry a tokenizer that drops the chat template; the home lab needed the original.
    tokenizer: "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B",
    reasoningParser: "deepseek_r1",
  },
  {
    id: "TheBloke/deepseek-coder-6.7B-instruct-AWQ",
    weightBytes: 3.9e9,
    quantization: "awq_marlin",
    layers: 32,
    keyValueHeads: 32,
    headSize: 128,
    maxContext: 16384,
  },
];

export function findModel(id: string): Model | undefined {
  return models.find((model) => model.id === id);
}
