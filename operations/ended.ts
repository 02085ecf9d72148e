/** Which end an error leads to. */
import { refusalsIn } from "../cluster/api/all-answers.ts";
import { ApiError, UnreachableError } from "../cluster/api/index.ts";
import { Ended, RefusedError } from "../system/errors.ts";

/** The end that an error means; undefined for a fault of the program itself. */
export function endOf(error: unknown): Ended | undefined {
  if (error instanceof Ended) {
    return error;
  }
  if (error instanceof UnreachableError) {
    return new Ended("unreachable", `The cluster cannot be reached: ${error.message}.`);
  }
  if (error instanceof RefusedError) {
    return new Ended("refused", error.message);
  }
  if (error instanceof ApiError) {
    const [first, ...more] = refusalsIn(error).map(({ message }) => message);
    return new Ended(
      "refused",
      more.length === 0
        ? `The cluster does not allow it: ${first}.`
        : ["The cluster does not allow it:", first, ...more].join("\n  "),
    );
  }
  return undefined;
}
