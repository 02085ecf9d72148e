/** The bodies that vLLM reads, each field of the type that pydantic would take for it. */
import { z } from "zod";
import { type Fault, type Malformed, malformed } from "./errors.ts";

export type Kind = "chat" | "completion";

/** A fault as pydantic names it and tells of it. */
const fault = (kind: string, message: string) => ({
  error: ({ input }: { input?: unknown }) =>
    input === undefined ? "missing|Field required" : `${kind}|Input should be ${message}`,
});

/** Pydantic takes the text of a number for the number. */
const asNumber = (found: unknown): unknown =>
  typeof found === "string" && found.trim() !== "" && Number.isFinite(Number(found)) ? Number(found) : found;

const words = new Map<unknown, boolean>([
  ...["true", "yes", "on", "1", 1].map((word) => [word, true] as const),
  ...["false", "no", "off", "0", 0].map((word) => [word, false] as const),
]);
const asFlag = (found: unknown): unknown =>
  words.get(typeof found === "string" ? found.toLowerCase() : found) ?? found;

const integerFault = (input: unknown): string =>
  typeof input === "number"
    ? "int_from_float|Input should be a valid integer, got a number with a fractional part"
    : "int_parsing|Input should be a valid integer, unable to parse string as an integer";
const integer = z.preprocess(asNumber, z.int({ error: ({ input }) => integerFault(input) }).nullish());
const number = z.preprocess(
  asNumber,
  z.number(fault("float_parsing", "a valid number, unable to parse string as a number")).nullish(),
);
const flag = z.preprocess(
  asFlag,
  z.boolean(fault("bool_parsing", "a valid boolean, unable to interpret input")).nullish(),
);
const text = z.string(fault("string_type", "a valid string"));
const dictionary = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.looseObject(shape, fault("model_attributes_type", "a valid dictionary or object to extract fields from"));

const message = z
  .looseObject(
    {
      role: text,
      content: z
        .union([z.string(), z.array(z.looseObject({}))], fault("string_type", "a valid string"))
        .nullish(),
    },
    fault("dict_type", "a valid dictionary"),
  )
  // An assistant's message that calls a tool has no content.
  .refine(({ role, content }) => content !== null || role === "assistant", {
    path: ["content"],
    message: "string_type|Input should be a valid string",
  });

const shared = {
  model: text.nullish(),
  max_tokens: integer,
  min_tokens: integer,
  n: integer,
  temperature: number,
  top_p: number,
  top_k: integer,
  min_p: number,
  presence_penalty: number,
  frequency_penalty: number,
  repetition_penalty: number,
  seed: integer,
  stop: z.union([text, z.array(text)], fault("string_type", "a valid string")).nullish(),
  stream: flag,
  stream_options: dictionary({ include_usage: flag }).nullish(),
  response_format: dictionary({
    type: z.enum(
      ["text", "json_object", "json_schema", "structural_tag"],
      fault("literal_error", "'text', 'json_object', 'json_schema' or 'structural_tag'"),
    ),
  }).nullish(),
};

const chatBody = dictionary({
  ...shared,
  messages: z.array(message, fault("list_type", "a valid list")),
  max_completion_tokens: integer,
  logprobs: flag,
  top_logprobs: integer,
  tools: z.array(dictionary({}), fault("list_type", "a valid list")).nullish(),
  tool_choice: z.unknown().optional(),
});

const tokens = z.array(z.int());
const completionBody = dictionary({
  ...shared,
  prompt: z
    .union([z.string(), z.array(z.string()), tokens, z.array(tokens)], fault("list_type", "a valid list"))
    .nullish(),
  logprobs: integer,
  echo: flag,
});

export type ChatBody = z.infer<typeof chatBody>;
export type CompletionBody = z.infer<typeof completionBody>;
export type Asked =
  | ({ readonly kind: "chat" } & { readonly body: ChatBody })
  | ({ readonly kind: "completion" } & { readonly body: CompletionBody });

/** Reads a body, or says what is malformed in it. */
export function readBody(kind: Kind, text: string): Asked | readonly [Fault, ...Fault[]] {
  if (text === "") return [malformed("missing", [], "Field required")];
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return [malformed("json_invalid", [0], "JSON decode error", {})];
  }
  if (body === null) return [malformed("missing", [], "Field required")];
  const read = (kind === "chat" ? chatBody : completionBody).safeParse(body);
  if (read.success) return { kind, body: read.data } as Asked;
  const [first, ...others] = read.error.issues.map((issue) => asMalformed(issue, body));
  return first === undefined ? [malformed("missing", [], "Field required")] : [first, ...others];
}

function asMalformed(issue: z.core.$ZodIssue, body: unknown): Malformed {
  const [kind = "", message = issue.message] = issue.message.split("|");
  const at = issue.path.map((part) => (typeof part === "symbol" ? String(part) : part));
  const found = at.reduce<unknown>((inside, part) => (inside as Record<string, unknown>)?.[part], body);
  return malformed(kind, at, message, kind === "missing" ? undefined : found);
}
