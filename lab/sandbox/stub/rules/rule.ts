import { type Refused, refused } from "../interface/errors.ts";
import type { Asked } from "../interface/request.ts";
import type { Served } from "../interface/served.ts";

/** One thing for which vLLM refuses a request; undefined where it does not. */
export type Rule = (asked: Asked, served: Served) => Refused | undefined;

/** Found while the body is read, before anything else is looked at. */
export const early = (message: string, parameter: string): Refused =>
  refused(message, { parameter, early: true });
