import { ApiError } from "./index.ts";

type Refusals = readonly [ApiError, ...ApiError[]];

/** Several questions that the API server refused. */
export class SeveralRefused extends ApiError {
  readonly refusals: Refusals;

  constructor(refusals: Refusals) {
    const [{ code, reason }] = refusals;
    super(code, reason, refusals.map(({ message }) => message).join("; "));
    this.refusals = refusals;
  }
}

/** Each refusal by itself, in the order of the questions. */
export function refusalsIn(error: ApiError): Refusals {
  return error instanceof SeveralRefused ? error.refusals : [error];
}

/**
 * The answers of all, as `Promise.all`; but where some are refused, every refusal is told, and not the one that came first.
 * @throws ApiError with all refusals, in the order of the questions; any other error at once.
 */
export async function allAnswers<const Asked extends readonly unknown[]>(
  asked: Asked,
): Promise<{ -readonly [Index in keyof Asked]: Awaited<Asked[Index]> }> {
  const refused: Refusals[] = [];
  const answers = await Promise.all(
    asked.map(async (one, index) => {
      try {
        return await one;
      } catch (error) {
        if (!(error instanceof ApiError)) {
          throw error;
        }
        refused[index] = refusalsIn(error);
        return undefined;
      }
    }),
  );
  const distinct = new Map(refused.flat().map((one) => [one.message, one]));
  const [first, ...more] = distinct.values();
  if (first !== undefined) {
    throw more.length === 0 ? first : new SeveralRefused([first, ...more]);
  }
  return answers as { -readonly [Index in keyof Asked]: Awaited<Asked[Index]> };
}
