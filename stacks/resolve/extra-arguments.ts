// Which arguments of the user's own contradict one that the platform sets, or cannot work, however they are written.
import { firstQuietEngine } from "../catalogue/engines.ts";
import { type FlagLife, flagLives } from "../catalogue/flags.ts";
import { isAtLeast, type Version, versionText } from "../vocabulary/version.ts";
import { flagOf, isFlag, lastValue, namesFlag, valueBehind } from "./argument-words.ts";

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
  /** Half a sentence that the flag stands before. */
  problem: string;
  fix: string;
  /** Values with which it does no harm. */
  harmless?: RegExp;
  /** First engine for which the platform decides it. @default every engine */
  from?: string;
}

function bySetting(setting: string, ...flags: string[]): Governed {
  return { flags, problem: `is set by the setting ${setting}`, fix: `Remove it and set ${setting}` };
}

function byPlatform(reason: string, ...flags: string[]): Governed {
  return { flags, problem: `is set by the platform, ${reason}`, fix: "Remove it" };
}

function secretBy(setting: string, ...flags: string[]): Governed {
  return {
    flags,
    problem: `is set by the setting ${setting}, as a secret may never stand in a command line`,
    fix: `Remove it and set ${setting}; whoever has seen this file knows the value, so take a new one`,
  };
}

/** One that ends the server, or turns it into something else than what the platform runs. */
function unusable(problem: string, ...flags: string[]): Governed {
  return { flags, problem, fix: "Remove it" };
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
  {
    ...byPlatform("which keeps the probes out of the log", "--disable-access-log-for-endpoints"),
    from: firstQuietEngine,
  },
  byPlatform("whose supervisor waits for requests before the server is told to end", "--shutdown-timeout"),
  byPlatform(
    "whose probes and Service speak plain HTTP; Traefik ends TLS",
    "--ssl-keyfile",
    "--ssl-certfile",
  ),
  byPlatform(
    "whose probes and Service speak plain HTTP; Traefik ends TLS",
    "--ssl-ca-certs",
    "--ssl-cert-reqs",
  ),
  byPlatform("whose route and probes go by the paths as they are", "--root-path"),
  byPlatform("which runs one server in one pod", "--data-parallel-size", "-dp", "--nnodes", "--node-rank"),
  byPlatform("which runs one server in one pod", "--master-addr", "--master-port"),
  byPlatform(
    "whose memory gate goes by the KV cache that the card has room for",
    "--num-gpu-blocks-override",
  ),
  secretBy("apiKey", "--api-key"),
  secretBy("huggingFaceToken", "--hf-token"),
  unusable("reads other arguments from a file, past every check of them", "--config"),
  unusable("starts no API, so that no probe ever passes", "--headless"),
  unusable("only prints something and ends, over and over", "--help", "-h", "--version", "-v"),
  unusable("puts code before every request, also before the check of the API key", "--middleware"),
  {
    ...unusable("turns the chat API off, which clients and probes use", "--task", "--runner"),
    harmless: /^(generate|auto)$/,
  },
  {
    ...unusable("turns the chat API off, which clients and probes use", "--convert"),
    harmless: /^(none|auto)$/,
  },
];

/**
 * Everything in the list that contradicts the platform, or is no argument that can stand there.
 * @param version of the engine. @default unknown: what the platform sets for any version is refused
 */
export function argumentFaults(words: readonly string[], version?: Version): ArgumentFault[] {
  const faults: ArgumentFault[] = [];
  const decided = governed.filter(
    ({ from }) => from === undefined || version === undefined || isAtLeast(version, from),
  );
  let takesValues = false;
  for (const [index, word] of words.entries()) {
    if (isFlag(word)) {
      takesValues = !/[=\s]/.test(word);
      const owner = decided.find(({ flags }) => namesFlag(word, flags));
      if (owner !== undefined && owner.harmless?.test(valueBehind(words, index)) !== true) {
        faults.push({ index, problem: owner.problem, fix: owner.fix });
      } else if (/\s/.test(word.split("=")[0] ?? "")) {
        faults.push({
          index,
          problem: "is one word with a blank in it, and the server knows no such flag",
          fix: "Write the flag and its value as two elements of the list",
        });
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

/** Flags that this version of the engine does not have, so that it ends at once. */
export function versionFaults(words: readonly string[], version: Version): ArgumentFault[] {
  return words.flatMap((word, index): ArgumentFault[] => {
    const life = isFlag(word) ? lifeOf(flagOf(word)) : undefined;
    const { flag, from, gone, instead } = life ?? {};
    const engine = `vLLM ${versionText(version)}`;
    if (gone !== undefined && isAtLeast(version, gone)) {
      const fix = instead === undefined ? "Remove it" : `Remove it, or use ${instead}`;
      return [{ index, problem: `${engine} has no ${flag} any more; it went with ${gone}`, fix }];
    }
    return from !== undefined && !isAtLeast(version, from)
      ? [
          {
            index,
            problem: `${engine} has no ${flag} yet; it came with ${from}`,
            fix: `Remove it, or take an image from ${from} on`,
          },
        ]
      : [];
  });
}

function lifeOf(named: string): FlagLife | undefined {
  return flagLives.find(({ flag, shortest }) => flag.startsWith(named) && named.startsWith(shortest));
}

/** Flags by which the server wants more cards than the one that it gets. */
export function parallelFaults(words: readonly string[]): ArgumentFault[] {
  return words.flatMap((word, index): ArgumentFault[] => {
    const cards = namesFlag(word, ["--tensor-parallel-size", "-tp", "--pipeline-parallel-size", "-pp"])
      ? Number(valueBehind(words, index))
      : 1;
    return cards > 1
      ? [
          {
            index,
            problem: `wants ${cards} cards, and a server gets one`,
            fix: "Remove it; a model that needs several cards cannot be served yet",
          },
        ]
      : [];
  });
}

/** Form of weight files that the user's own arguments name; undefined where they name none. */
export function ownLoadFormat({ extraArguments }: { extraArguments: readonly string[] }): string | undefined {
  return lastValue(extraArguments, ["--load-format"]);
}
