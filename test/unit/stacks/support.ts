// What the tests of stacks/ share: settings from texts, and the message of a refusal.
import assert from "node:assert/strict";
import { join } from "node:path";
import { readModeTexts } from "../../../stacks/files/index.ts";
import {
  type Plan,
  planFromFiles,
  planWith,
  type RawSettings,
  RefusedError,
  type Settings,
  validateSettings,
} from "../../../stacks/index.ts";

export const servedModel = "Qwen/Qwen2.5-7B-Instruct-AWQ";

/** Numbers of a model that is in no catalogue. */
export const someNumbers = {
  weightBytes: "5.2Gi",
  layers: 28,
  keyValueHeads: 4,
  headSize: 128,
  maxContext: 32768,
  hiddenSize: 3584,
  feedForwardSize: 18944,
  vocabularySize: 152064,
  minimumComputeCapability: 7.5,
};

/** What has no default: the reference setup's node, and a host. */
const needed: Record<string, unknown> = {
  gpuNode: {
    name: "k3s-gpu-worker",
    card: { name: "NVIDIA GeForce RTX 3060", memoryMiB: 12_288, computeCapability: 8.6 },
    driver: { version: "535.274.02" },
  },
  route: { host: "vllm.home.example.org" },
};

/** The values, and what they leave out of the needed ones. */
export function withNeeded(values: Record<string, unknown>, of = needed): Record<string, unknown> {
  const isGroup = (value: unknown): value is Record<string, unknown> =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  const filled = Object.entries(of).map(([key, value]) => {
    const own = values[key];
    return [key, own === undefined ? value : isGroup(own) && isGroup(value) ? withNeeded(own, value) : own];
  });
  return { ...values, ...Object.fromEntries(filled) };
}

/** Settings of mode ml with these values, beside a known model and what else is needed. */
export function settingsOf(values: Record<string, unknown>): Settings {
  return validateSettings({
    mode: "ml",
    values: withNeeded({ model: servedModel, ...values }),
    fileOf: () => "Pulumi.ml.yaml",
  });
}

/** What a refusal says, one line a fault; fails where nothing is refused, and where another error comes. */
export function refusalOf(run: () => unknown): string[] {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof RefusedError, `not a refusal: ${error}`);
    return error.message
      .split("\n")
      .slice(1)
      .map((line) => line.trim());
  }
  return assert.fail("it was accepted");
}

/** The plan of a mode from texts of files, `Pulumi.yaml` and the modes' by name, beside what else is needed. */
export function planTexts(mode: string, projectText: string, modeTexts: Record<string, string>): Plan {
  const read = (name: string): RawSettings => {
    const raw = readModeTexts(name, projectText, modeTexts[name] ?? "");
    return { ...raw, values: withNeeded(raw.values) };
  };
  return planWith(read(mode), read);
}

/** A project whose one mode has all on that can be. */
export const everythingProject = join(import.meta.dirname, "../../fixtures/everything");

/** The plan of a mode with everything on. */
export function everythingPlan(): Plan {
  return planFromFiles(everythingProject, "everything");
}
