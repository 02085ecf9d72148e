import type { KnownFailure } from "./known-failure.ts";

/** vLLM's words where it does not take what it is started with: its own of that version, argparse's and pydantic's. */
export const argumentFailures: readonly KnownFailure[] = [
  {
    pattern: /error: unrecognized arguments: (.+)/i,
    meaning: "this version of vLLM does not know an argument",
    fix: "Take $1 out of extraArguments, or choose an image tag whose vLLM knows it",
    sample: "api_server.py: error: unrecognized arguments: --num-scheduler-steps=8",
  },
  {
    // argparse; from 0.9.1 on vLLM's own parser says the same.
    pattern: /error: argument (\S+): (?:invalid|expected)/i,
    meaning: "this version of vLLM does not take the value of an argument",
    fix: "Correct $1: the line names what is allowed. It stands in extraArguments, or comes from modelNumbers",
    sample:
      "api_server.py: error: argument --quantization/-q: invalid choice: 'awqq' (choose from 'aqlm', 'awq', 'awq_marlin', 'gptq', 'gptq_marlin')",
  },
  {
    // 0.8 in its own words, later versions in theirs.
    pattern: /Reasoning parser '([^']*)' not found|invalid reasoning parser: (\S+)/i,
    meaning: "this version of vLLM has no such reasoning parser",
    fix: "Name one of those that the line lists in modelNumbers.reasoningParser, set reasoningParser: false, or choose a newer image tag",
    sample:
      "KeyError: \"Reasoning parser 'no-such-parser' not found. Available parsers: deepseek_r1, granite, qwen3\"",
  },
  {
    pattern: /could not locate think start\/end tokens/i,
    meaning: "the reasoning parser is not for this model: its tokenizer has no such marks",
    fix: "Name the model's own in modelNumbers.reasoningParser, or set reasoningParser: false: its thoughts then stand in the answer",
    sample:
      "RuntimeError: DeepSeek R1 reasoning parser could not locate think start/end tokens in the tokenizer!",
  },
  {
    pattern:
      /max_model_len \(\d+\) is greater than the derived max_model_len \(max_position_embeddings=(\d+)/i,
    meaning: "the model was made for a shorter context than maxModelLen asks for",
    fix: "Set maxModelLen: $1 or less",
    sample:
      "  Value error, User-specified max_model_len (16384) is greater than the derived max_model_len (max_position_embeddings=8192 or model_max_length=None in model's config.json). To allow overriding this maximum, set the env var VLLM_ALLOW_LONG_MAX_MODEL_LEN=1.",
  },
  {
    pattern: /Bfloat16 is only supported on GPUs with compute capability/i,
    meaning: "the card cannot compute in bfloat16, in which the model is stored",
    fix: "Add `--dtype`, `half` to extraArguments, or choose a quantized model (AWQ or GPTQ)",
    sample:
      "ValueError: Bfloat16 is only supported on GPUs with compute capability of at least 8.0. Your Tesla T4 GPU has compute capability 7.5. You can use float16 instead by explicitly setting the`dtype` flag in CLI, for example: --dtype=half.",
  },
  {
    pattern: /Quantization method specified in the model config \(([\w-]+)\) does not match/i,
    meaning: "the model is quantized in another way than it is started with",
    fix: "Set modelNumbers.quantization: $1",
    sample:
      "  Value error, Quantization method specified in the model config (compressed-tensors) does not match the quantization method specified in the `quantization` argument (awq).",
  },
  {
    pattern:
      /Model architectures \[?'?([\w', ]+?)'?\]? are not supported for now|does not recognize this architecture/i,
    meaning: "this version of vLLM does not know the model's architecture",
    fix: "Choose an image tag of a newer vLLM, or another model",
    sample:
      "  Value error, Model architectures ['Qwen3_5ForConditionalGeneration'] are not supported for now.",
  },
  {
    pattern: /contains custom code which must be executed to correctly load the model/i,
    meaning: "the model brings program code of its own, which vLLM runs only where it is told to",
    fix: "Add `--trust-remote-code` to extraArguments if you trust who made the model, or choose another one",
    sample:
      "  Value error, The repository nvidia/NVIDIA-Nemotron-Nano-9B-v2 contains custom code which must be executed to correctly load the model.",
  },
];
