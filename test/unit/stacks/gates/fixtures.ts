import assert from "node:assert/strict";
import type { Card } from "../../../../stacks/catalogue/cards.ts";
import { findModel, type Model } from "../../../../stacks/catalogue/models.ts";
import type { MemoryRequest } from "../../../../stacks/gates/index.ts";
import { parseVersion } from "../../../../stacks/vocabulary/version.ts";

export const gibibyte = 1024 ** 3;
export const mebibyte = 1024 ** 2;

/** The reference setup's card, with the desktop that it measured while no server ran. */
export const homeLabCard: Card = {
  name: "NVIDIA GeForce RTX 3060",
  memoryMiB: 12_288,
  computeCapability: 8.6,
  desktopMiB: 244,
};

export function model(id: string): Model {
  return findModel(id) ?? assert.fail(`not in the catalogue: ${id}`);
}

/** A request as the reference setup ran its servers: share 0.90, no CUDA graphs, vLLM's own 256 requests at once. */
export function request(
  id: string,
  version: string,
  context: number,
  changes: Partial<MemoryRequest> = {},
): MemoryRequest {
  return {
    model: model(id),
    version: parseVersion(version) ?? assert.fail(version),
    card: homeLabCard,
    context,
    maxNumSeqs: 256,
    gpuMemoryUtilization: 0.9,
    enforceEager: true,
    ...changes,
  };
}

/** Asserts that a number is within so many per cent of what was measured. */
export function near(actual: number, measured: number, percent: number, what: string): void {
  const off = ((actual - measured) / measured) * 100;
  assert.ok(
    Math.abs(off) <= percent,
    `${what}: ${actual} is ${off.toFixed(1)} % off the measured ${measured}`,
  );
}
