/** Refusals in vLLM's words, in the form that its version gives them. */
import { does } from "./versions.ts";

/** What is sent: status, body as JSON, and headers beside the usual. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A field is not of the type that the interface asks for; vLLM has it judged by pydantic. */
export interface Malformed {
  readonly is: "malformed";
  /** Pydantic's name of the fault, such as `missing`. */
  readonly kind: string;
  /** Where in the body. */
  readonly at: readonly (string | number)[];
  readonly message: string;
  readonly found?: unknown;
}

/** A value that vLLM itself refuses. */
export interface Refused {
  readonly is: "refused";
  readonly message: string;
  /** The field, where newer versions name it. */
  readonly parameter?: string;
  readonly value?: string;
  /** Found while the body was read; older versions tell it as pydantic's, without a field. */
  readonly early?: boolean;
}

export type Fault = Malformed | Refused;

export const malformed = (
  kind: string,
  at: readonly (string | number)[],
  message: string,
  found?: unknown,
): Malformed => ({ is: "malformed", kind, at, message, found });

export const refused = (message: string, more: Omit<Refused, "is" | "message"> = {}): Refused => ({
  is: "refused",
  message,
  ...more,
});

/** An error as this version of vLLM forms it. */
export function errorAnswer(
  version: string,
  status: number,
  type: string,
  message: string,
  param: string | null = null,
): Answer {
  const error = { message, type, param: does(version, "names the parameter") ? param : null, code: status };
  return { status, body: does(version, "nests errors") ? { error } : { object: "error", ...error } };
}

/** @param faults at least one: several malformed fields, or the first refused value */
export function refusal(version: string, faults: readonly [Fault, ...Fault[]]): Answer {
  const [first] = faults;
  if (first.is === "malformed") {
    const malformedType = does(version, "calls a malformed body Bad Request")
      ? "Bad Request"
      : "BadRequestError";
    const param = ["body", ...first.at].join(".");
    return errorAnswer(version, 400, malformedType, listed(version, faults), param);
  }
  const { message, parameter, value, early } = first;
  if (early && !does(version, "names the parameter")) {
    return refusal(version, [malformed("value_error", [], `Value error, ${message}`)]);
  }
  const named =
    parameter === undefined || !does(version, "names the parameter")
      ? ""
      : ` (parameter=${parameter}${value === undefined ? "" : `, value=${value}`})`;
  return errorAnswer(version, 400, "BadRequestError", message + named, parameter);
}

export function noSuchModel(version: string, model: string, servedNames: readonly string[]): Answer {
  const valid = does(version, "lists the served names") ? ` Valid aliases: ${servedNames.join(", ")}.` : "";
  return errorAnswer(
    version,
    404,
    "NotFoundError",
    `The model \`${model}\` does not exist.${valid}`,
    "model",
  );
}

function listed(version: string, faults: readonly Fault[]): string {
  const all = faults.filter((fault) => fault.is === "malformed");
  if (!does(version, "lists what is malformed")) {
    const place = (at: Malformed["at"]): string =>
      at.length === 0 ? "('body',)" : `(${["body", ...at].map(quoted).join(", ")})`;
    return `[${all.map(({ kind, at, message }) => `{'type': '${kind}', 'loc': ${place(at)}, 'msg': '${message}'}`).join(", ")}]`;
  }
  const lines = all.map(
    ({ kind, at, message, found }) =>
      `  {'type': '${kind}', 'loc': '${["body", ...at].join(".")}', 'msg': '${message}', 'input': '${shortened(found)}'}`,
  );
  return [`${all.length} validation error${all.length === 1 ? "" : "s"}:`, ...lines].join("\n");
}

const quoted = (part: string | number): string => (typeof part === "string" ? `'${part}'` : String(part));

function shortened(found: unknown): string {
  if (found === undefined || found === null) return "None";
  if (Array.isArray(found)) return `<list of ${found.length} items>`;
  return typeof found === "object" ? `<dict of ${Object.keys(found).length} items>` : String(found);
}
