/** What a vLLM server was told by its container: command and arguments. */
export interface ServerArguments {
  /** Hugging Face id or path; undefined where the arguments name none. */
  readonly model: string | undefined;
  /** The names clients may use: `--served-model-name`, else the model itself. */
  readonly servedNames: readonly string[];
  /** Tokens of context; undefined means that vLLM would take the model's own. */
  readonly maxModelLength: number | undefined;
  readonly apiKey: string | undefined;
  /** Whether a reasoning parser takes the chain of thought out of the content. */
  readonly parsesReasoning: boolean;
  /** Whether a model may call tools by itself: `--enable-auto-tool-choice` with a `--tool-call-parser`. */
  readonly callsTools: boolean;
  /** Pages of which origins may ask, from `--allowed-origins`; undefined means the version's own default. */
  readonly allowedOrigins: readonly string[] | undefined;
}

/**
 * Reads the arguments as vLLM's parser does: `--flag value` and `--flag=value`, underscores as dashes, several
 * served names after one flag, and `vllm serve <model>` with the model as a positional argument.
 */
export function readServerArguments(words: readonly string[]): ServerArguments {
  const flags = readFlags(words);
  const positional = flags.get("") ?? [];
  const one = (flag: string): string | undefined => flags.get(flag)?.[0];
  const served = positional.indexOf("serve");
  const model = one("--model") ?? (served >= 0 ? positional[served + 1] : undefined);
  const names = flags.get("--served-model-name") ?? [];
  const length = Number(one("--max-model-len"));
  return {
    model,
    servedNames: names.length > 0 ? names : model === undefined ? [] : [model],
    maxModelLength: Number.isInteger(length) && length > 0 ? length : undefined,
    apiKey: one("--api-key"),
    parsesReasoning: flags.has("--reasoning-parser"),
    callsTools: flags.has("--enable-auto-tool-choice") && flags.has("--tool-call-parser"),
    allowedOrigins: origins(one("--allowed-origins")),
  };
}

/** The values of each flag; what stands before all of them is under "". */
function readFlags(words: readonly string[]): Map<string, string[]> {
  let values: string[] = [];
  const flags = new Map([["", values]]);
  for (const word of words) {
    if (!word.startsWith("--")) {
      values.push(word);
      continue;
    }
    const [flag = "", ...rest] = word.split("=");
    values = rest.length > 0 ? [rest.join("=")] : [];
    flags.set(flag.replaceAll("_", "-"), values);
  }
  return flags;
}

/** Flags that every version of vLLM reads as Python's `int` (vllm/engine/arg_utils.py, entrypoints/openai/cli_args.py). */
const integers = ["--seed", "--port", "--tensor-parallel-size", "--pipeline-parallel-size", "--max-logprobs"];

/** What vLLM's parser says of a value that it does not take; undefined where it takes all, as far as that is known here. */
export function wrongArgument(words: readonly string[]): string | undefined {
  for (const [flag, values] of readFlags(words)) {
    const wrong = integers.includes(flag) ? values.find((value) => !/^[-+]?\d+$/.test(value)) : undefined;
    if (wrong !== undefined) return `argument ${flag}: invalid int value: '${wrong}'`;
  }
  return undefined;
}

/** The argument's value is a JSON list. */
function origins(text: string | undefined): string[] | undefined {
  try {
    const read: unknown = text === undefined ? undefined : JSON.parse(text);
    return Array.isArray(read) ? read.map(String) : undefined;
  } catch {
    return undefined;
  }
}
