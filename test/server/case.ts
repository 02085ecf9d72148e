/** What is asked of a server, and what it must answer. */
import { isAtLeast, parseVersion } from "../../stacks/vocabulary/version.ts";
import { absent, type Shape } from "./shape.ts";

/** What is known of the server beforehand. */
export interface About {
  readonly version: string;
  /** Its names, the first of which it calls itself by; one is an alias. */
  readonly names: readonly [string, ...string[]];
  /** Tokens of context. */
  readonly length: number;
  /** The key that it asks for, where it has one. */
  readonly apiKey: string | undefined;
}

export interface Case {
  readonly title: string;
  readonly ask: Ask;
  readonly status: number;
  readonly headers?: { readonly [name: string]: Shape };
  readonly body?: Shape;
  /** Of a stream: its first and its last part, and each but the last, which alone may have a usage. */
  readonly stream?: { readonly first: Shape; readonly last: Shape; readonly others?: Shape };
}

export interface Ask {
  readonly method?: string;
  readonly path: string;
  /** Sent as JSON, and said to be JSON unless the headers say otherwise. */
  readonly json?: unknown;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** In place of the server's key. */
  readonly authorization?: string;
}

export type Cases = (about: About) => readonly Case[];

/** The newer of two things where the server's version is this one or newer. */
export const since = <T>({ version }: About, first: string, newer: T, older: T): T => {
  const parsed = parseVersion(version);
  if (parsed === undefined) throw new Error(`${version} is no version of vLLM`);
  return isAtLeast(parsed, first) ? newer : older;
};

export interface Refusal {
  readonly message: RegExp;
  readonly status?: number;
  readonly type?: string;
  /** The field that newer versions name. */
  readonly param?: Shape;
}

/** A refusal in the form of the version. */
export function refusal(
  about: About,
  { message, status = 400, type = "BadRequestError", param = null }: Refusal,
): Pick<Case, "status" | "body"> {
  const error = { message, type, param: since(about, "0.14.0", param, null), code: status };
  return {
    status,
    body: since<Shape>(
      about,
      "0.10.1",
      { error, object: absent, message: absent },
      { object: "error", ...error, error: absent },
    ),
  };
}

/** Of a body that cannot be read. */
export const malformed = (about: About, message: RegExp, param: Shape): Pick<Case, "status" | "body"> =>
  refusal(about, { message, param, type: since(about, "0.9.0", "Bad Request", "BadRequestError") });

export const chatPath = "/v1/chat/completions";
export const completionPath = "/v1/completions";
const messages = [{ role: "user", content: "Hello there" }];

/** A chat of few tokens, with more fields or others. */
export const chat = (more: object = {}): Ask => ({
  path: chatPath,
  json: { messages, max_tokens: 4, ...more },
});
export const completion = (more: object = {}): Ask => ({
  path: completionPath,
  json: { prompt: "Hello there", max_tokens: 4, ...more },
});
