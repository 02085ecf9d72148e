// Asks the gates whether the server that settings describe can work on the card and driver that they describe.
import type { Fault } from "../../system/errors.ts";
import {
  type DriverVerdict,
  judgeDriver,
  judgeMemory,
  type MemoryRequest,
  type MemoryVerdict,
  type NodeFacts,
} from "../gates/index.ts";
import type { Settings } from "../settings/index.ts";
import { quantityValue } from "../vocabulary/measures.ts";
import { isAtLeast, parseVersion, type Version } from "../vocabulary/version.ts";
import { lastValue, namesFlag, shownArgument } from "./argument-words.ts";
import type { Server } from "./index.ts";

/** The settings of the server that the gates read. */
export const gatedServerKeys = [
  "model",
  "modelNumbers",
  "maxModelLen",
  "gpuMemoryUtilization",
  "maxNumSeqs",
  "enforceEager",
  "memoryOverheads",
  "extraArguments",
  "image",
] as const satisfies (keyof Settings)[];
/** All that the gates read. */
export const gateKeys = [...gatedServerKeys, "gpuNode"] as const satisfies (keyof Settings)[];
export type GateSettings = Pick<Settings, (typeof gateKeys)[number]>;

/** What each gate reads, as dotted paths: where one of them is faulty by itself, that gate is not asked. */
export const memoryKeys: readonly string[] = [
  "serve",
  ...gatedServerKeys,
  "gpuNode.card",
  "gpuNode.driver.version",
];
export const driverKeys: readonly string[] = [
  "serve",
  "image",
  "gpuNode.card",
  "gpuNode.driver",
  "gpuNode.toolkit",
];

/** What the gates say of a server: plain data, so that it can stand in a plan and be printed as JSON. */
export interface Gates {
  memory: MemoryVerdict;
  driver: DriverVerdict;
  /** Why the server must not be tried; empty in the plan of a mode that serves. */
  faults: Fault[];
  /** What does not stop it, each as a sentence. */
  warnings: string[];
}

/** One gate's part of it. */
export interface Answer<Verdict> extends Pick<Gates, "faults" | "warnings"> {
  verdict: Verdict;
}

/**
 * Arguments of the user's own that change what the server needs on the card, in ways that the arithmetic does not know.
 * Where one may lower the need, the gate cannot refuse.
 */
const unreckoned: readonly { flags: readonly string[]; mayNeedLess: boolean }[] = [
  { flags: ["--kv-cache-dtype"], mayNeedLess: true },
  { flags: ["--cpu-offload-gb"], mayNeedLess: true },
  { flags: ["--max-num-batched-tokens"], mayNeedLess: true },
  { flags: ["--enable-chunked-prefill", "--no-enable-chunked-prefill"], mayNeedLess: true },
  { flags: ["--compilation-config", "-O"], mayNeedLess: true },
  {
    flags: ["--cudagraph-capture-sizes", "--cuda-graph-sizes", "--max-seq-len-to-capture"],
    mayNeedLess: true,
  },
  { flags: ["--limit-mm-per-prompt"], mayNeedLess: true },
  { flags: ["--language-model-only"], mayNeedLess: true },
  { flags: ["--block-size"], mayNeedLess: false },
  { flags: ["--kv-offloading-size"], mayNeedLess: false },
  { flags: ["--enable-sleep-mode"], mayNeedLess: false },
  { flags: ["--dtype"], mayNeedLess: false },
  { flags: ["--enable-lora"], mayNeedLess: false },
  { flags: ["--speculative-config"], mayNeedLess: false },
  { flags: ["--speculative-model"], mayNeedLess: false },
];

/** Both gates' answers together. */
export function gatesOf(memory: Answer<MemoryVerdict>, driver: Answer<DriverVerdict>): Gates {
  return {
    memory: memory.verdict,
    driver: driver.verdict,
    faults: [...memory.faults, ...driver.faults],
    warnings: [...memory.warnings, ...driver.warnings].map(sentence),
  };
}

/**
 * The memory gate's answer.
 * @param where the file that a person would change.
 */
export function askMemory(settings: GateSettings, server: Server, where: string): Answer<MemoryVerdict> {
  const keyValueBytes = keyValueBytesOf(settings.extraArguments);
  const verdict = judgeMemory(memoryRequest(settings, server, keyValueBytes), where);
  const found = unreckoned.filter(
    ({ flags }) =>
      settings.extraArguments.some((word) => namesFlag(word, flags)) &&
      !(flags.includes("--kv-cache-dtype") && keyValueBytes !== undefined),
  );
  const unknown = verdict.known
    ? []
    : [
        `how much KV cache ${server.model.id} needs is not known (modelNumbers.attention: other), so only its weights were checked. ` +
          "After the first start look for `GPU KV cache size` in the server's log, and set maxModelLen to no more than that",
      ];
  if (found.length === 0) {
    return { verdict, faults: verdict.faults, warnings: unknown };
  }
  const uncounted = found.flatMap(({ flags }) => flags);
  const written = settings.extraArguments.flatMap((word, index, words) =>
    namesFlag(word, uncounted) ? [shownArgument(words, index)] : [],
  );
  const names = [...new Set(written)].join(", ");
  const lenient = found.some(({ flags, mayNeedLess }) => mayNeedLess && !isIgnored(flags, server.version));
  return {
    verdict,
    faults: lenient ? [] : verdict.faults,
    warnings: [
      ...unknown,
      `the memory gate does not count ${names} of extraArguments`,
      ...(lenient ? verdict.faults.map(({ problem }) => `without ${names} it would refuse: ${problem}`) : []),
    ],
  };
}

/** The second generation of model runners took no notice of `--cpu-offload-gb` at first. */
function isIgnored(flags: readonly string[], version: Version): boolean {
  return flags.includes("--cpu-offload-gb") && isAtLeast(version, "0.22.0") && !isAtLeast(version, "0.28.0");
}

/** The driver gate's answer. */
export function askDriver(
  { image, gpuNode }: Pick<GateSettings, "image" | "gpuNode">,
  where: string,
): Answer<DriverVerdict> {
  const verdict = judgeDriver(defined(image), nodeFacts(gpuNode), where, gpuNode.driver.allowUnsupported);
  return { verdict, faults: verdict.faults, warnings: verdict.warnings };
}

function memoryRequest(
  settings: GateSettings,
  { model, version }: Server,
  keyValueBytes: number | undefined,
): MemoryRequest {
  const { cudaContext, nonTorch, cudaGraphs, samplerCopies, ...numbers } = settings.memoryOverheads;
  const branch = parseVersion(settings.gpuNode.driver.version)?.release[0];
  return {
    model,
    version,
    card: defined(settings.gpuNode.card),
    ...(branch === undefined ? {} : { driverBranch: branch }),
    context: settings.maxModelLen,
    maxNumSeqs: settings.maxNumSeqs,
    gpuMemoryUtilization: settings.gpuMemoryUtilization,
    enforceEager: settings.enforceEager,
    ...(keyValueBytes === undefined ? {} : { keyValueBytes }),
    overheads: {
      ...numbers,
      cudaContext: quantityValue(cudaContext),
      nonTorch: quantityValue(nonTorch),
      ...(cudaGraphs === undefined ? {} : { cudaGraphs: quantityValue(cudaGraphs) }),
      ...(samplerCopies === undefined ? {} : { samplerCopies }),
    },
  };
}

/** Bytes of a number in the KV cache by the user's own argument; undefined where none says, or it is not known. */
function keyValueBytesOf(words: readonly string[]): number | undefined {
  const value = lastValue(words, ["--kv-cache-dtype"]) ?? "";
  return value.startsWith("fp8") ? 1 : /^(auto|bfloat16|float16)$/.test(value) ? 2 : undefined;
}

function nodeFacts({ name, card, driver, toolkit }: Settings["gpuNode"]): NodeFacts {
  const { version, cuda } = driver;
  return {
    name,
    card: { name: card.name, computeCapability: card.computeCapability },
    driver: cuda === undefined ? { version } : { version, cuda },
    toolkit: defined(toolkit),
  };
}

/** The same without keys that are there and undefined. */
function defined<Values extends object>(values: Values) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Values]: Exclude<Values[Key], undefined>;
  };
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
