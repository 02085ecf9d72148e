// Settings of the server itself: its image, its model's numbers, what it may use and how it runs.
import {
  byteQuantity,
  choice,
  cpuQuantity,
  cudaVersion,
  engineVersionText,
  explain,
  flagValue,
  group,
  imageDigest,
  imageRepository,
  imageTag,
  number,
  repositoryId,
  wholeNumber,
} from "./fields.ts";

/**
 * Seconds that the smoke test may take: PyTorch's libraries come from a cold disk, and CUDA starts. Above it something
 * hangs; the server, which begins with the same, needs no longer for all of its own start than `engineStartSeconds`.
 */
export const smokeTestLimitSeconds = 120;

/** The server's container image. */
export const image = group({
  repository: explain(
    imageRepository.default("vllm/vllm-openai"),
    "Image without tag. Another one than vLLM's own needs `image.version` and `image.cuda`.",
    { example: "registry.home.example.org/vllm-openai" },
  ),
  tag: explain(
    imageTag.default("v0.8.5.post1"),
    "Image tag; decides which CUDA, which engine and which flags there are. One that names no version, such as `latest`, needs `image.version` and `image.cuda`.",
    { example: "v0.8.5.post1" },
  ),
  digest: explain(imageDigest.optional(), "Digest to pin the tag to. Unset: the tag alone decides.", {
    example: `sha256:${"0123456789abcdef".repeat(4)}`,
  }),
  pullPolicy: explain(
    choice(["Always", "IfNotPresent", "Never"]).default("IfNotPresent"),
    "When the kubelet pulls the image.",
    { example: "IfNotPresent" },
  ),
  version: explain(
    engineVersionText.optional(),
    "Version of vLLM in the image, where its name does not tell. Unset: read from the tag.",
    { example: "0.8.5" },
  ),
  cuda: explain(
    cudaVersion.optional(),
    "CUDA version that the image was built with, where its name does not tell. Unset: looked up by the tag.",
    { example: "12.4" },
  ),
});

/** Numbers of a model that is in no catalogue; all are in its `config.json` and its list of files. */
export const modelNumbers = group({
  weightBytes: explain(
    byteQuantity,
    "Sum of the weight files, in bytes or as a quantity: what is downloaded, and what the card must hold.",
    { example: "5.2Gi" },
  ),
  layers: explain(wholeNumber(1, 1000), "Transformer layers (`num_hidden_layers`).", { example: 28 }),
  attention: explain(
    choice(["full", "other"]).default("full"),
    "`other` for a model whose layers do not all keep keys and values of all tokens (sliding window, hybrid, Mamba, MLA), or that takes images or sound: how much KV cache it needs is not known here, so the memory gate then checks its weights alone, and says so.",
    { example: "other" },
  ),
  keyValueHeads: explain(wholeNumber(1, 1024), "Key/value heads (`num_key_value_heads`).", { example: 4 }),
  headSize: explain(wholeNumber(1, 4096), "Size of one attention head (`head_dim`).", { example: 128 }),
  maxContext: explain(
    wholeNumber(256, 10_485_760),
    "Longest context that the model was made for, in tokens (`max_position_embeddings`).",
    { example: 32768 },
  ),
  hiddenSize: explain(wholeNumber(1, 131_072), "Width of a layer (`hidden_size`).", { example: 3584 }),
  feedForwardSize: explain(
    wholeNumber(1, 1_048_576),
    "Width of a layer's feed-forward part (`intermediate_size`).",
    { example: 18944 },
  ),
  vocabularySize: explain(wholeNumber(1, 10_000_000), "Tokens that the model knows (`vocab_size`).", {
    example: 152064,
  }),
  minimumComputeCapability: explain(
    number(1, 20),
    "Least compute capability of a card that can run the weights; 7.5 for AWQ on the Marlin kernels.",
    { example: 7.5 },
  ),
  quantization: explain(
    flagValue.optional(),
    "Value of `--quantization`. Unset: vLLM takes what the model's own `config.json` says (`quantization_config`), which is right for compressed-tensors, FP8, GPTQ and MXFP4.",
    {
      example: "awq_marlin",
    },
  ),
  tokenizer: explain(
    repositoryId.optional(),
    "Tokenizer to load instead of the model's own. Unset: its own.",
    {
      example: "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B",
    },
  ),
  reasoningParser: explain(
    flagValue.optional(),
    "Parser that splits the chain of thought from the answer. Unset: the model writes none.",
    { example: "deepseek_r1" },
  ),
});

/**
 * Disk that a node must have free for the server. Kubernetes would take the limit for it, and only a loop of logs or of compiling
 * comes near that.
 */
export const storageRequest = "1Gi";

/** What the server may use of the node. */
export const resources = group({
  cpuRequest: explain(
    cpuQuantity.default("1"),
    "CPU that the node must have free for the server, in cores.",
    {
      example: "500m",
    },
  ),
  cpuLimit: explain(cpuQuantity.default("4"), "Most CPU that the server gets, in cores.", { example: "4" }),
  memoryRequest: explain(
    byteQuantity.default("8Gi"),
    "Main memory that the node must have free for the server, in bytes.",
    { example: "8Gi" },
  ),
  memoryLimit: explain(
    byteQuantity.default("16Gi"),
    "Main memory above which the server is killed, in bytes.",
    { example: "16Gi" },
  ),
  sharedMemory: explain(
    byteQuantity.default("1Gi"),
    "Size of `/dev/shm`, in bytes; what is used of it counts against the memory limit.",
    { example: "1Gi" },
  ),
  ephemeralStorage: explain(
    byteQuantity.default("16Gi"),
    "Disk of the node that the server may fill besides model files: compiled kernels, logs, what it writes into its own layer, in bytes. Above it the pod is ended.",
    { example: "16Gi" },
  ),
  gpus: explain(
    wholeNumber(1, 8).default(1),
    "Cards that the server gets. More than 1 is refused: nothing here splits a model over cards.",
    { example: 1 },
  ),
});

/** How the container runs. */
export const security = group({
  runAsUser: explain(
    wholeNumber(1, 65_535).optional(),
    "User id other than root; the cache folder on the node must belong to it. Unset: the image's own, root.",
    { example: 1000 },
  ),
});
