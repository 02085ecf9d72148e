// Settings whose shipped values are those of one home lab, so that they say nothing about anybody else's.

/** By key. A cluster that is not the sandbox needs them set, or confirmed to be its own. */
export const shippedKeys = ["route.host", "gpuNode.card"] as const;
export type ShippedKey = (typeof shippedKeys)[number];
