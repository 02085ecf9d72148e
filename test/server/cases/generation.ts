/** Answers in one piece, and how large the numbers in a request may be. */
import { type Cases, chat, completion, refusal, since } from "../case.ts";
import { absent, aNumber, aText, type Shape } from "../shape.ts";

export const generation: Cases = (about) => [...whole(about), ...several(about), ...numbers(about)];

const whole: Cases = (about) => {
  const [first, ...others] = about.names;
  const alias = others[0] ?? first;
  const head = (object: string, id: RegExp): Shape => ({ id, object, created: aNumber, model: first });
  const usage = {
    prompt_tokens: aNumber,
    completion_tokens: 4,
    total_tokens: aNumber,
    prompt_tokens_details: null,
  };
  const message: Shape = {
    role: "assistant",
    content: aText,
    [since(about, "0.11.1", "reasoning", "reasoning_content")]: null,
    [since(about, "0.11.1", "reasoning_content", "reasoning")]: absent,
    tool_calls: since<Shape>(about, "0.24.0", absent, []),
    refusal: since<Shape>(about, "0.10.0", null, absent),
  };
  const choice = { index: 0, logprobs: null, finish_reason: "length", stop_reason: null };
  // Whatever the model would say, it says no end.
  const go = { ignore_eos: true };
  return [
    {
      title: "chats",
      ask: chat(go),
      status: 200,
      headers: { "content-type": "application/json" },
      body: {
        ...(head("chat.completion", /^chatcmpl-/) as object),
        choices: [{ ...choice, message }],
        usage,
        prompt_logprobs: null,
      },
    },
    {
      title: "completes",
      ask: completion(go),
      status: 200,
      body: {
        ...(head("text_completion", /^cmpl-/) as object),
        choices: [{ ...choice, text: aText, prompt_logprobs: null }],
        usage,
      },
    },
    {
      title: "calls itself by its first name, or as it was asked",
      ask: chat({ model: alias }),
      status: 200,
      body: { model: since(about, "0.10.2", first, alias) },
    },
    {
      title: "takes an empty name for its own",
      ask: chat({ model: "" }),
      status: 200,
      body: { model: first },
    },
    {
      title: "stops a completion after 16 tokens where nothing is said",
      ask: completion({ ...go, max_tokens: undefined }),
      status: 200,
      body: { usage: { completion_tokens: 16 }, choices: [{ finish_reason: "length" }] },
    },
    {
      title: "has a newer field for the tokens of a chat",
      ask: chat({ ...go, max_completion_tokens: 2 }),
      status: 200,
      body: { usage: { completion_tokens: 2 } },
    },
    {
      title: "keeps the request's own id",
      ask: { ...chat(), headers: { "X-Request-Id": "abc" } },
      status: 200,
      body: { id: "chatcmpl-abc" },
    },
    { title: "overlooks a field that it does not know", ask: chat({ something: 1 }), status: 200 },
    {
      title: "reads text in parts",
      ask: chat({ messages: [{ role: "user", content: [{ type: "text", text: "Hello" }] }] }),
      status: 200,
    },
    {
      title: "repeats the prompt where it is asked to",
      ask: completion({ echo: true }),
      status: 200,
      body: { choices: [{ text: /^Hello there/ }] },
    },
  ];
};

const several: Cases = (about) => {
  const choices = (count: number): Shape => ({
    choices: Array.from({ length: count }, (_, index) => ({ index })),
  });
  return [
    { title: "gives as many choices as it is asked for", ask: chat({ n: 2 }), status: 200, body: choices(2) },
    {
      title: "gives a choice for each prompt",
      ask: completion({ prompt: ["a", "b"] }),
      status: 200,
      body: choices(2),
    },
    {
      title: "gives each prompt its choices",
      ask: completion({ prompt: ["a", "b"], n: 2 }),
      status: 200,
      body: choices(4),
    },
    {
      title: "takes numbers for the tokens of one prompt",
      ask: completion({ prompt: [5, 6, 7] }),
      status: 200,
      body: { choices: [{ index: 0 }], usage: { prompt_tokens: 3 } },
    },
    {
      title: "gives no two choices where each would be the same",
      ask: chat({ n: 2, temperature: 0 }),
      ...refusal(about, { message: /n must be 1 when using greedy sampling/ }),
    },
  ];
};

const numbers: Cases = (about) => {
  const named = (field: string): Shape => field;
  const outside: [field: string, value: number, message: RegExp, param?: Shape][] = [
    ["max_tokens", 0, /max_tokens must be at least 1, got 0\./, named("max_tokens")],
    ["max_tokens", -1, /max_tokens must be at least 1, got -1\./, named("max_tokens")],
    ["n", 0, /n must be at least 1, got 0\./],
    ["temperature", -1, /temperature must be non-negative, got -1\.0\./, named("temperature")],
    ["top_p", 0, /top_p must be in \(0, 1\], got 0\.0\./, named("top_p")],
    ["top_p", 1.5, /top_p must be in \(0, 1\], got 1\.5\./, named("top_p")],
    ["top_k", -2, /top_k must be .*, got -2\./],
    ["min_p", 2, /min_p must be in \[0, 1\], got 2\.0\./],
    ["presence_penalty", 3, /presence_penalty must be in \[-2, 2\], got 3\.0\./],
    ["frequency_penalty", -3, /frequency_penalty must be in \[-2, 2\], got -3\.0\./],
    ["repetition_penalty", 0, /repetition_penalty must be greater than zero, got 0\.0\./],
    ["min_tokens", -1, /min_tokens must be greater than or equal to 0, got -1\./],
    ["min_tokens", 99, /min_tokens must be less than or equal to max_tokens=4, got 99\./],
  ];
  const tooHot = { message: /temperature must be in \[0, 2\], got 5\.0\./, param: "temperature" };
  return [
    ...outside.flatMap(([field, value, message, param]) => [
      {
        title: `refuses a ${field} of ${value}`,
        ask: chat({ [field]: value }),
        ...refusal(about, { message, ...(param === undefined ? {} : { param }) }),
      },
    ]),
    {
      title: "refuses them in a completion, too",
      ask: completion({ temperature: -1 }),
      ...refusal(about, { message: /temperature must be non-negative/, param: "temperature" }),
    },
    {
      title: "refuses a temperature of 5, or not",
      ask: chat({ temperature: 5 }),
      ...since(about, "0.24.0", refusal(about, tooHot), { status: 200 }),
    },
    {
      title: "takes a top_k of 0 for none, or refuses it",
      ask: chat({ top_k: 0 }),
      ...since(about, "0.9.0", { status: 200 }, refusal(about, { message: /top_k must be -1 \(disable\)/ })),
    },
    ...since(
      about,
      "0.19.0",
      [
        {
          title: "refuses more choices than it could make",
          ask: chat({ n: 1_000_000 }),
          ...refusal(about, { message: /n must be at most 16384, got 1000000\./ }),
        },
      ],
      [],
    ),
    { title: "takes the text of a number for the number", ask: chat({ max_tokens: "4" }), status: 200 },
    { title: "takes null for nothing said", ask: chat({ temperature: null, n: null }), status: 200 },
    {
      title: "refuses more tokens than the context has",
      ask: chat({ max_tokens: about.length + 1 }),
      ...refusal(about, {
        message: since(
          about,
          "0.18.0",
          new RegExp(
            `max_tokens=${about.length + 1} cannot be greater than max_model_len=${about.length}\\.`,
          ),
          new RegExp(
            `This model's maximum context length is ${about.length} tokens\\. However, you requested \\d+ tokens`,
          ),
        ),
        param: "max_tokens",
      }),
    },
    {
      title: "refuses a prompt that is longer than the context",
      ask: completion({ prompt: "word ".repeat(about.length + 1) }),
      ...refusal(about, {
        message: new RegExp(`This model's maximum context length is ${about.length} tokens`),
        param: "input_tokens",
      }),
    },
  ];
};
