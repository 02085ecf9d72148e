/** The question of `gpu-mode plan`: would this work? Answered from the project's files alone: no engine, no cluster. */

import { type Fault, faultText, RefusedError } from "../system/errors.ts";
import { wrap } from "../system/terminal/wrap.ts";
import { findCard, nearestCards } from "./catalogue/cards.ts";
import { cautionText, engineCautions, exposureCautions, knownLimits, unpinned } from "./cautions/index.ts";
import { readModeFiles, readSharedFile } from "./files/index.ts";
import { budgetLines, type DriverVerdict, driverLines, type MemoryVerdict } from "./gates/index.ts";
import { planGateway } from "./plan/gateway.ts";
import type { Server } from "./resolve/index.ts";
import { checkSettings, type RawSettings } from "./rules/validate.ts";
import type { Settings } from "./settings/index.ts";
import { inClusterGatewayUrl, modelAlias } from "./vocabulary/names.ts";

/** A mode as it is, or with something else in it. */
export interface Question {
  /** Mode to start from. @default the default mode; where a model is named, what all modes share */
  mode?: string | undefined;
  /** Hugging Face id of a model in place of the mode's. */
  model?: string | undefined;
  /** Name of a card in place of the node's, such as `RTX 4090`. */
  gpu?: string | undefined;
  /** Longest context in place of the mode's, in tokens. */
  context?: number | undefined;
}

/** Plain data, so that it can be printed as JSON. */
export interface Answer {
  /** Mode that was asked about; absent where only a model was. */
  mode?: string;
  /** Whether a server runs at all. */
  serves: boolean;
  /** Whether neither gate refuses. */
  works: boolean;
  /** What the gates say; absent where no server runs. */
  memory?: MemoryVerdict;
  driver?: DriverVerdict;
  /** The one way in that always answers; absent where the mode has no gateway. */
  gateway?: Gateway;
  /** Empty where it works. */
  faults: Fault[];
  warnings: string[];
  /** What it opens, and what its engine's version is known for; absent where no server runs. */
  safety?: Safety;
}

/** What clients of the gateway use, and who answers them. The same in every mode but for who answers. */
export interface Gateway {
  /** URLs of the API, for clients outside the cluster and inside. */
  url: string;
  inCluster: string;
  /** The name to ask for. */
  model: string;
  /** Ollama's model, which answers in the server's place. */
  cpuModel: string;
}

/** What a person should know before others use the server. */
export interface Safety {
  warnings: string[];
  /** What whoever is let in can do to this version, besides what the warnings say; absent where nothing is known. */
  limits?: string;
  /** What may be another thing tomorrow under the same name, each with the setting that pins it. */
  unpinned: string[];
}

/**
 * Asks both gates.
 * @throws RefusedError where there is no such mode, model or card, or the settings are faulty otherwise. What the gates
 * refuse is not thrown: it is the answer.
 */
export function planQuestion(projectDirectory: string, question: Question): Answer {
  const mode = question.mode ?? (question.model === undefined ? defaultModeOf(projectDirectory) : undefined);
  const raw = mode === undefined ? readSharedFile(projectDirectory) : readModeFiles(projectDirectory, mode);
  const asked = withAsked(raw, question);
  const { settings, faults, server, memory, driver } = checkSettings(asked);
  if (faults.length > 0) {
    throw new RefusedError("This cannot be planned:", faults);
  }
  const gateway = gatewayOf(settings);
  const about = { ...(mode === undefined ? {} : { mode }), ...(gateway === undefined ? {} : { gateway }) };
  if (!settings.serve || server === undefined || memory === undefined || driver === undefined) {
    return { ...about, serves: false, works: true, faults: [], warnings: [] };
  }
  const refused = [...memory.faults, ...driver.faults];
  return {
    ...about,
    serves: true,
    works: refused.length === 0,
    memory: memory.verdict,
    driver: driver.verdict,
    faults: refused,
    warnings: [...memory.warnings, ...driver.warnings],
    safety: safetyOf(settings, server),
  };
}

function gatewayOf(settings: Settings): Gateway | undefined {
  const planned = planGateway(settings);
  return (
    planned && {
      url: `https://${planned.host}/v1`,
      inCluster: `${inClusterGatewayUrl}/v1`,
      model: modelAlias,
      cpuModel: settings.fallback.ollamaModel,
    }
  );
}

function safetyOf(settings: Settings, server: Server): Safety {
  const cautions = [...exposureCautions(settings), ...engineCautions(settings, server)];
  const limits = knownLimits(server.version, cautions);
  return {
    warnings: cautions.map(cautionText),
    ...(limits === undefined ? {} : { limits }),
    unpinned: unpinned(settings, server.model),
  };
}

/** The answer for a person, at most 80 columns wide as far as words allow. */
export function answerLines(answer: Answer): string[] {
  const { mode, serves, memory, driver, safety, gateway, faults, warnings } = answer;
  const ofGateway = gateway === undefined ? [] : gatewayLines(gateway, serves);
  if (!serves || memory === undefined || driver === undefined) {
    const nothing = `mode ${mode} runs no server, so it needs no memory of the card and no driver`;
    return [nothing, ...ofGateway].flatMap((line) => wrap(line, 4));
  }
  const others = warnings.filter((warning) => !driver.warnings.includes(warning));
  return [
    ...budgetLines(memory),
    ...others.map((warning) => `  warning: ${warning}`),
    ...driverLines(driver),
    ...ofGateway,
    ...(safety === undefined ? [] : safetyLines(safety)),
    ...(faults.length === 0 ? [] : ["refused:", ...faults.map(faultText)]),
  ].flatMap((line) => wrap(line, 4));
}

function gatewayLines({ url, inCluster, model, cpuModel }: Gateway, serves: boolean): string[] {
  const ollama = `Ollama on the CPU (${cpuModel})`;
  return [
    `gateway: ${url}`,
    `  in the cluster ${inCluster}`,
    `  clients ask for ${model}; answered by ${serves ? `the server, and by ${ollama} while the GPU is away` : ollama}`,
  ];
}

function safetyLines({ warnings, limits, unpinned }: Safety): string[] {
  const lines = [
    ...warnings.map((warning) => `  warning: ${warning}`),
    ...(limits === undefined ? [] : [`  known: ${limits}`]),
    ...(unpinned.length === 0 ? [] : [`  not pinned: ${unpinned.join(", ")}`]),
  ];
  return lines.length === 0 ? [] : ["safety:", ...lines];
}

/** The mode that the shared file names as the default. */
function defaultModeOf(projectDirectory: string): string {
  return checkSettings(readSharedFile(projectDirectory)).settings.defaultMode;
}

/** Where a person changes a setting of the question. */
const options: Readonly<Record<string, string>> = {
  model: "--model",
  serve: "--model",
  maxModelLen: "--context",
  gpuNode: "--gpu",
};

/** The files' values with those of the question in their place. */
function withAsked(raw: RawSettings, { mode, model, gpu, context }: Question): RawSettings {
  const asked = {
    ...(model === undefined ? {} : { model, serve: true }),
    ...(context === undefined ? {} : { maxModelLen: context }),
    ...(gpu === undefined ? {} : { gpuNode: nodeWith(raw.values.gpuNode, gpu) }),
  };
  // Numbers and commits in the files are those of the mode's own model.
  const { modelNumbers: _, revision: _commit, tokenizerRevision: _tokenizers, ...others } = raw.values;
  const kept = model === undefined || model === raw.values.model ? raw.values : others;
  const byOption = (key: string) =>
    key in asked || (mode === undefined && model !== undefined && !(key in kept));
  return {
    ...raw,
    values: { ...kept, ...asked },
    fileOf: (key) => (byOption(key) ? options[key] : undefined) ?? raw.fileOf(key),
  };
}

/** The node of the files with another card; a node that is no group stays what it is, and is a fault of the files. */
function nodeWith(node: unknown, gpu: string): unknown {
  const card = findCard(gpu);
  if (card === undefined) {
    throw new RefusedError("This cannot be planned:", [
      {
        where: "--gpu",
        found: gpu,
        problem: "no card of this name is known here",
        fix: `Name one as nvidia-smi does, such as ${nearestCards(gpu).join(", ")}, or write the card's numbers into gpuNode.card`,
      },
    ]);
  }
  return node === undefined || (typeof node === "object" && node !== null && !Array.isArray(node))
    ? { ...node, card }
    : node;
}
