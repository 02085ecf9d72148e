/**
 * The gates: what is refused by arithmetic before anything changes. Memory (does the model fit on the card) and driver
 * (does the image's CUDA start on the node). Pure, so every preview and `gpu-mode plan` can ask them offline.
 */
export type { NodeFacts, OptIn } from "./compatibility.ts";
export { type DriverOutcome, type DriverVerdict, judgeDriver } from "./driver.ts";
export { driverLines, driverSummary } from "./driver-text.ts";
export { type LargestContext, largestContext } from "./fitting.ts";
export { type MemoryBudget, memoryBudget } from "./memory.ts";
export type { MemoryRequest } from "./memory-request.ts";
export { budgetLines, memorySummary, roomText } from "./memory-text.ts";
export { judgeMemory, type MemoryAlternatives, type MemoryVerdict } from "./memory-verdict.ts";
export { type OverheadName, type OverheadOverrides, overheads } from "./overheads.ts";
export type { Toolkit } from "./toolkit.ts";
