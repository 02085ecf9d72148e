// Which arguments of the user's own contradict one that the platform sets, however they are written.

/** What is wrong with one of the user's arguments. */
export interface ArgumentFault {
  /** Place in the list. */
  index: number;
  problem: string;
  fix: string;
}

/** A flag of the server that the platform decides, and how the user decides it instead. */
interface Governed {
  flags: readonly string[];
  /** Whose business it is, as the end of "is set by …". */
  setBy: string;
  fix: string;
}

function bySetting(setting: string, ...flags: string[]): Governed {
  return { flags, setBy: `the setting ${setting}`, fix: `Remove it and set ${setting}` };
}

function byPlatform(reason: string, ...flags: string[]): Governed {
  return { flags, setBy: `the platform, ${reason}`, fix: "Remove it" };
}

function secretBy(setting: string, ...flags: string[]): Governed {
  return {
    flags,
    setBy: `the setting ${setting}, as a secret may never stand in a command line`,
    fix: `Remove it and set ${setting}; whoever has seen this file knows the value, so take a new one`,
  };
}

const governed: readonly Governed[] = [
  bySetting("model", "--model", "--model-tag"),
  byPlatform("so that clients find the model under the same names in every mode", "--served-model-name"),
  bySetting("modelNumbers.tokenizer", "--tokenizer"),
  bySetting("revision", "--revision"),
  bySetting("tokenizerRevision", "--tokenizer-revision"),
  bySetting("modelNumbers.quantization", "--quantization", "-q"),
  bySetting("gpuMemoryUtilization", "--gpu-memory-utilization", "--kv-cache-memory-bytes"),
  bySetting("maxModelLen", "--max-model-len"),
  bySetting("maxNumSeqs", "--max-num-seqs"),
  bySetting("enforceEager", "--enforce-eager", "--no-enforce-eager"),
  bySetting("reasoningParser", "--reasoning-parser", "--enable-reasoning", "--no-enable-reasoning"),
  bySetting("route.allowedOrigins", "--allowed-origins"),
  byPlatform("whose probes and Service expect it there", "--host", "--port", "--uds"),
  byPlatform("which keeps the probes out of the log", "--disable-access-log-for-endpoints"),
  byPlatform("which fits it to the time that a pod has to end", "--shutdown-timeout"),
  secretBy("apiKey", "--api-key"),
  secretBy("huggingFaceToken", "--hf-token"),
];

/** Everything in the list that contradicts the platform, or is no argument that can stand there. */
export function argumentFaults(words: readonly string[]): ArgumentFault[] {
  const faults: ArgumentFault[] = [];
  let takesValues = false;
  for (const [index, word] of words.entries()) {
    if (isFlag(word)) {
      takesValues = !word.includes("=");
      const owner = governedBy(word);
      if (owner !== undefined) {
        faults.push({ index, problem: `is set by ${owner.setBy}`, fix: owner.fix });
      }
    } else if (!takesValues || word === "--") {
      faults.push({
        index,
        problem: "belongs to no flag, and the server would take it for a model",
        fix: "Remove it and set model, or write the flag before it",
      });
    }
  }
  return faults;
}

/** The word as it may be shown: a key or token that was written behind its flag stays hidden. */
export function shownArgument(words: readonly string[], index: number): string {
  const word = words[index] ?? "";
  return isFlag(word) ? (word.split("=")[0] ?? "") : word;
}

/** A flag, and not a value such as `-1`. */
function isFlag(word: string): boolean {
  return /^--?[^-\d\s]/.test(word);
}

function governedBy(word: string): Governed | undefined {
  return governed.find(({ flags }) => namesFlag(word, flags));
}

/** Whether the word is one of the flags. vLLM's parser takes underscores for dashes and any beginning of a flag for the flag. */
export function namesFlag(word: string, flags: readonly string[]): boolean {
  const flag = (word.split("=")[0] ?? "").replaceAll("_", "-");
  return (
    isFlag(word) &&
    flags.some((known) => (known.startsWith("--") ? known.startsWith(flag) : flag.startsWith(known)))
  );
}

/** Form of weight files that the user's own arguments name; the last one counts, as for the server. */
export function ownLoadFormat({
  extraArguments: words,
}: {
  extraArguments: readonly string[];
}): string | undefined {
  const place = words.findLastIndex((word) => namesFlag(word, ["--load-format"]));
  const [, value = words[place + 1]] = words[place]?.split("=") ?? [];
  return value;
}
