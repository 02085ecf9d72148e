import type { Model } from "./catalogue/models.ts";
import { modelAlias, serverPort } from "./names.ts";
import type { Settings } from "./settings.ts";

/** Names that the server answers to: its Hugging Face id and the alias. */
export function servedNames(model: Model): string[] {
  return [model.id, modelAlias];
}

/** Command line of the server. Nothing secret may stand in it: keys come by environment. */
export function serverArguments(settings: Settings, model: Model): string[] {
  return [
    "--model",
    model.id,
    ...(model.tokenizer === undefined ? [] : ["--tokenizer", model.tokenizer]),
    "--served-model-name",
    ...servedNames(model),
    ...(model.quantization === undefined ? [] : ["--quantization", model.quantization]),
    "--gpu-memory-utilization",
    settings.gpuMemoryUtilization.toFixed(2),
    "--max-model-len",
    String(settings.maxModelLen),
    "--max-num-seqs",
    String(settings.maxNumSeqs),
    ...(settings.enforceEager ? ["--enforce-eager"] : []),
    ...reasoningArguments(settings, model),
    "--host",
    "0.0.0.0",
    "--port",
    String(serverPort),
  ];
}

function reasoningArguments(settings: Settings, model: Model): string[] {
  if (!settings.reasoningParser || model.reasoningParser === undefined) {
    return [];
  }
  const parser = ["--reasoning-parser", model.reasoningParser];
  // Up to 0.8.5.post1 the parser alone is refused; from 0.9.0 the switch is deprecated and 0.10.0 removed it (vllm PR 17452, issue 18538).
  return olderThan(settings.image.tag, 0, 9) ? ["--enable-reasoning", ...parser] : parser;
}

/** Whether an image tag such as `v0.8.5.post1` names a version below major.minor. A tag without a version counts as newest. */
export function olderThan(tag: string, major: number, minor: number): boolean {
  const match = /^v?(\d+)\.(\d+)/.exec(tag);
  if (match === null) {
    return false;
  }
  const [seenMajor, seenMinor] = [Number(match[1]), Number(match[2])];
  return seenMajor < major || (seenMajor === major && seenMinor < minor);
}
