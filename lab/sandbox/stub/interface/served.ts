import type { ServerArguments } from "./arguments.ts";

/** What the stub serves as: read from the ready pod. */
export interface Served extends ServerArguments {
  /** When the container started, in seconds since 1970. */
  readonly created: number;
  /** vLLM's version: the image's tag without its `v`. */
  readonly version: string;
}

/** Tokens. vLLM takes the length from the model's own configuration; the stub has none, and says 4096. */
export const contextLength = (served: Served): number => served.maxModelLength ?? 4096;
