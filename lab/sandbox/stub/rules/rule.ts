import { type Refused, refused } from "../errors.ts";
import type { Asked } from "../request.ts";
import type { Served } from "../served.ts";

/** One thing for which vLLM refuses a request; undefined where it does not. */
export type Rule = (asked: Asked, served: Served) => Refused | undefined;

/** Found while the body is read, before anything else is looked at. */
export const early = (message: string, parameter: string): Refused =>
  refused(message, { parameter, early: true });
