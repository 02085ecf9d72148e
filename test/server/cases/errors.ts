/** Requests that make no sense: what is refused, in which form, and which words lead to the field. */
import {
  type Case,
  type Cases,
  chat,
  chatPath,
  completion,
  completionPath,
  malformed,
  refusal,
  since,
} from "../case.ts";
import type { Shape } from "../shape.ts";

export const errors: Cases = (about) => [
  ...bodies(about),
  ...fields(about),
  ...prompts(about),
  ...options(about),
  ...tools(about),
];

const bodies: Cases = (about) => [
  {
    title: "refuses what is no JSON",
    ask: { path: chatPath, text: "{", headers: { "Content-Type": "application/json" } },
    ...malformed(about, /JSON decode error/, /^body\.\d+$/),
  },
  {
    title: "refuses no body at all",
    ask: { path: completionPath, text: "", method: "POST", headers: { "Content-Type": "application/json" } },
    ...malformed(about, /Field required/, "body"),
  },
  {
    title: "refuses a name that it does not serve, before anything else",
    ask: chat({ model: "other", max_tokens: 0 }),
    ...refusal(about, {
      status: 404,
      type: "NotFoundError",
      message: since(
        about,
        "0.32.0",
        new RegExp(`^The model \`other\` does not exist\\. Valid aliases: ${about.names.join(", ")}\\.$`),
        /^The model `other` does not exist\.$/,
      ),
      param: "model",
    }),
  },
];

const fields: Cases = (about) => {
  const wrong: [field: string, value: unknown, message: RegExp][] = [
    ["model", 5, /valid string/],
    ["max_tokens", "x", /valid integer, unable to parse string as an integer/],
    ["max_tokens", 1.5, /valid integer, got a number with a fractional part/],
    ["n", "x", /valid integer/],
    ["seed", "x", /valid integer/],
    ["temperature", "x", /valid number, unable to parse string as a number/],
    ["stream", "x", /valid boolean, unable to interpret input/],
    ["stream_options", 5, /valid dictionary or object/],
    ["messages", "hi", /valid list/],
  ];
  return [
    ...wrong.map(([field, value, message]) => ({
      title: `refuses ${JSON.stringify(value)} for ${field}`,
      // Without a stream, its options are refused for that.
      ask: chat({ ...(field === "stream_options" ? { stream: true } : {}), [field]: value }),
      ...malformed(about, message, `body.${field}`),
    })),
    {
      title: "refuses a malformed field before a name that it does not serve",
      ask: chat({ model: "other", max_tokens: "x" }),
      ...malformed(about, /valid integer/, "body.max_tokens"),
    },
  ];
};

const prompts: Cases = (about) => {
  const message = (more: object) => chat({ messages: [more] });
  const unreadable = (title: string, more: object, words: RegExp): Case => ({
    title,
    ask: message(more),
    ...malformed(about, words, /^body\.messages\.0\b/),
  });
  const noPrompt = since<Pick<Case, "status" | "body">>(
    about,
    "0.14.0",
    refusal(about, { message: /^Either prompt or prompt_embeds must be provided/, param: "prompt" }),
    { status: 400 },
  );
  const image = { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } };
  return [
    {
      title: "refuses a chat without messages",
      ask: chat({ messages: undefined }),
      ...malformed(about, /Field required/, "body.messages"),
    },
    {
      title: "refuses a chat of no message",
      ask: chat({ messages: [] }),
      ...refusal(about, { message: /^/ }),
    },
    unreadable("refuses a message without a role", { content: "x" }, /Field required/),
    unreadable("refuses a user's message of null", { role: "user", content: null }, /valid string/),
    unreadable("refuses a message that is a number", { role: "user", content: 5 }, /valid string/),
    {
      title: "refuses an image",
      ask: message({ role: "user", content: [image] }),
      ...refusal(about, { message: /is not a multimodal model/ }),
    },
    { title: "refuses a completion without a prompt", ask: completion({ prompt: undefined }), ...noPrompt },
    { title: "refuses an empty prompt", ask: completion({ prompt: "" }), ...noPrompt },
    {
      title: "refuses a list of no prompt",
      ask: completion({ prompt: [] }),
      ...refusal(about, { message: /at least one prompt/ }),
    },
    {
      title: "refuses a prompt that is a number",
      ask: completion({ prompt: 5 }),
      ...malformed(about, /valid list/, "body.prompt"),
    },
  ];
};

const options: Cases = (about) => {
  /** Older versions tell it as a body that cannot be read. */
  const early = (message: RegExp, param: Shape): Pick<Case, "status" | "body"> =>
    since(about, "0.14.0", refusal(about, { message, param }), malformed(about, message, null));
  const withoutStream = /Stream options can only be defined when `stream=True`\./;
  return [
    {
      title: "refuses options of a stream without one, in a chat",
      ask: chat({ stream_options: { include_usage: true } }),
      ...early(withoutStream, "stream_options"),
    },
    {
      title: "refuses options of a stream without one, in a completion",
      ask: completion({ stream_options: { include_usage: true } }),
      ...early(withoutStream, "stream_options"),
    },
    { title: "takes options of a stream that are null", ask: chat({ stream_options: null }), status: 200 },
    {
      title: "refuses the most likely tokens without their probabilities",
      ask: chat({ top_logprobs: 2 }),
      ...early(/when using `top_logprobs`, `logprobs` must be set to true\./, "top_logprobs"),
    },
    {
      title: "refuses more than the 20 most likely tokens",
      ask: chat({ logprobs: true, top_logprobs: 50 }),
      ...refusal(about, {
        message: /Requested sample logprobs of 50, which is greater than max allowed: 20/,
        param: "logprobs",
      }),
    },
    {
      title: "refuses an empty text to stop at",
      ask: chat({ stop: "" }),
      ...refusal(about, { message: /stop cannot contain an empty string\./ }),
    },
    {
      title: "refuses a form of answer that it does not know",
      ask: chat({ response_format: { type: "odd" } }),
      ...malformed(about, /literal_error/, /^body\.response_format/),
    },
  ];
};

const tools: Cases = (about) => {
  const list = [
    { type: "function", function: { name: "f", parameters: { type: "object", properties: {} } } },
  ];
  const needsFlags = refusal(about, {
    message: /"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set/,
  });
  return [
    { title: "calls no tools without its flags", ask: chat({ tools: list }), ...needsFlags },
    {
      title: "calls none where it may choose, either",
      ask: chat({ tools: list, tool_choice: "auto" }),
      ...needsFlags,
    },
    {
      title: "leaves tools alone that are not to be called",
      ask: chat({ tools: list, tool_choice: "none" }),
      status: 200,
    },
    {
      title: "refuses a choice among no tools",
      ask: chat({ tool_choice: "auto" }),
      ...since(
        about,
        "0.14.0",
        refusal(about, { message: /When using `tool_choice`, `tools` must be set\./, param: "tool_choice" }),
        malformed(about, /When using `tool_choice`, `tools` must be set\./, null),
      ),
    },
    {
      title: "refuses an empty list of tools, or not",
      ask: chat({ tools: [] }),
      ...since(
        about,
        "0.20.0",
        refusal(about, { message: /`tools` must not be an empty array\./, param: "tools" }),
        { status: 200 },
      ),
    },
  ];
};
