/**
 * What a person should know of settings that work, and are allowed: what of the fences they take away, and what the engine's
 * version makes of them. Pure. Asked by `gpu-mode plan`, by the doctor, and before every update.
 */
export { type Caution, cautionText } from "./caution.ts";
export { engineCautions, knownLimits } from "./engine.ts";
export { exposureCautions } from "./exposure.ts";
export { unpinned } from "./pinning.ts";
