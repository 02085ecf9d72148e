// The server's command line, right for the version of the engine in the image.
import { firstQuietEngine } from "../catalogue/engines.ts";
import type { Model } from "../catalogue/models.ts";
import { ownLoadFormat } from "../resolve/extra-arguments.ts";
import type { Settings } from "../settings/index.ts";
import { modelAlias, serverPort } from "../vocabulary/names.ts";
import { isAtLeast, type Version } from "../vocabulary/version.ts";

/** Names that the server answers to: its Hugging Face id and the alias. */
export function servedNames(model: Model): string[] {
  return [model.id, modelAlias];
}

/** Command line of the server. Nothing secret may stand in it: keys come by environment. */
export function serverArguments(settings: Settings, model: Model, version: Version): string[] {
  return [
    ...modelArguments(model, version),
    ...(model.tokenizer === undefined ? [] : ["--tokenizer", model.tokenizer]),
    ...revisionArguments(settings, model),
    ...(model.loadFormat === undefined || ownLoadFormat(settings) !== undefined
      ? []
      : ["--load-format", model.loadFormat]),
    "--served-model-name",
    ...servedNames(model),
    // `awq_marlin` is known from 0.5.3 (vllm PR 6612) to the newest engine, where it is one of several names of the same.
    ...(model.quantization === undefined ? [] : ["--quantization", model.quantization]),
    "--gpu-memory-utilization",
    share(settings.gpuMemoryUtilization),
    "--max-model-len",
    String(settings.maxModelLen),
    "--max-num-seqs",
    String(settings.maxNumSeqs),
    ...(settings.enforceEager ? ["--enforce-eager"] : []),
    ...reasoningArguments(settings, model, version),
    "--host",
    "0.0.0.0",
    "--port",
    String(serverPort),
    // Unset, every website may have a browser use the server (older engines; newer ones let none).
    "--allowed-origins",
    JSON.stringify(settings.route.allowedOrigins),
    // The probes alone would fill the log.
    ...(isAtLeast(version, firstQuietEngine)
      ? ["--disable-access-log-for-endpoints", "/health,/metrics"]
      : []),
    ...settings.extraArguments,
  ];
}

/**
 * What of the repositories is loaded. Without a revision of its own, a tokenizer is looked for under the model's, and another
 * repository does not have that one.
 */
function revisionArguments({ revision, tokenizerRevision }: Settings, { tokenizer }: Model): string[] {
  if (revision === undefined && tokenizerRevision === undefined) {
    return [];
  }
  const ofTokenizer = tokenizerRevision ?? (tokenizer === undefined ? revision : "main");
  return [
    ...(revision === undefined ? [] : ["--revision", revision]),
    ...(ofTokenizer === undefined ? [] : ["--tokenizer-revision", ofTokenizer]),
  ];
}

/** `0.90`. Not rounded: the memory gate computes with exactly this number. */
function share(value: number): string {
  const decimals = String(value).split(".")[1] ?? "";
  return value.toFixed(Math.max(2, decimals.length));
}

/**
 * The first words of the server's command, whatever the image's entry point: the older way up to the last version of which
 * `vllm serve` refuses `--model`, then `vllm serve`.
 */
export function serverCommand(version: Version): string[] {
  return byPlace(version) ? ["vllm", "serve"] : ["python3", "-m", "vllm.entrypoints.openai.api_server"];
}

/**
 * Of `vllm serve`, which warns of `--model` as something to be removed (0.11.2 to 0.33.0). The older way ignores a model by
 * place in silence, from 0.10.0 on, and serves its own default (vllm PR 32292).
 */
function modelArguments(model: Model, version: Version): string[] {
  return byPlace(version) ? [model.id] : ["--model", model.id];
}

function byPlace(version: Version): boolean {
  return isAtLeast(version, "0.11.1");
}

function reasoningArguments(settings: Settings, model: Model, version: Version): string[] {
  if (!settings.reasoningParser || model.reasoningParser === undefined) {
    return [];
  }
  const newer = model.newerReasoningParser;
  const name = newer !== undefined && isAtLeast(version, newer.from) ? newer.name : model.reasoningParser;
  const parser = ["--reasoning-parser", name];
  // Up to 0.8.5.post1 the parser alone is refused; from 0.9.0 the switch is deprecated and 0.10.0 removed it (vllm PR 17452, issue 18538).
  return isAtLeast(version, "0.9.0") ? parser : ["--enable-reasoning", ...parser];
}
