// The server's command line, right for the version of the engine in the image.
import type { Model } from "../catalogue/models.ts";
import { ownLoadFormat } from "../resolve/extra-arguments.ts";
import type { Settings } from "../settings/index.ts";
import { modelAlias, serverPort } from "../vocabulary/names.ts";
import { isAtLeast, type Version } from "../vocabulary/version.ts";

/**
 * Seconds that the server may go on with requests after SIGTERM, where the engine can. The pod has 25 s to end, of
 * which 5 pass before SIGTERM; that leaves 5 for the process itself.
 */
const drainSeconds = 15;

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
    // The probes alone would fill the log (vllm PR 30011).
    ...(isAtLeast(version, "0.16.0") ? ["--disable-access-log-for-endpoints", "/health,/metrics"] : []),
    // Unset, the engine aborts at SIGTERM what it is working on (vllm PR 36666).
    ...(isAtLeast(version, "0.18.0") ? ["--shutdown-timeout", String(drainSeconds)] : []),
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
 * The image's entry point was `python3 -m vllm.entrypoints.openai.api_server`, which ignores a positional model in
 * silence and serves its own default instead (vllm PR 32292). From 0.11.1 on it is `vllm serve`, which takes both and warns
 * of `--model` as something to be removed, up to 0.33.0 at least (entry points and parsers of those releases).
 */
function modelArguments(model: Model, version: Version): string[] {
  return isAtLeast(version, "0.20.0") ? [model.id] : ["--model", model.id];
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
