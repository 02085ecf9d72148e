/** Answers in parts. */
import { type Cases, chat, completion, since } from "../case.ts";
import { absent, aNumber, aText, type Shape } from "../shape.ts";

export const streams: Cases = (about) => {
  const stream = { stream: true, ignore_eos: true };
  const withUsage = { ...stream, stream_options: { include_usage: true } };
  const headers = { "content-type": /^text\/event-stream/ };
  const chatHead = {
    id: /^chatcmpl-/,
    object: "chat.completion.chunk",
    created: aNumber,
    model: about.names[0],
  };
  const completionHead = { id: /^cmpl-/, object: "text_completion", created: aNumber, model: about.names[0] };
  const role: Shape = {
    ...chatHead,
    choices: [{ index: 0, delta: { role: "assistant", content: "" }, logprobs: null, finish_reason: null }],
    usage: absent,
  };
  const usage = { prompt_tokens: aNumber, completion_tokens: 4, total_tokens: aNumber };
  const text = (finish_reason: Shape): Shape => ({
    ...completionHead,
    choices: [{ index: 0, text: aText, logprobs: null, finish_reason, stop_reason: null }],
    usage: since<Shape>(about, "0.21.0", absent, null),
  });
  return [
    {
      title: "streams a chat: the role first, why it ended last",
      ask: chat(stream),
      status: 200,
      headers,
      stream: {
        first: role,
        others: { ...chatHead, choices: [{ finish_reason: null, stop_reason: absent }], usage: absent },
        last: { ...chatHead, choices: [{ finish_reason: "length", stop_reason: null }], usage: absent },
      },
    },
    {
      title: "streams a completion",
      ask: completion(stream),
      status: 200,
      headers,
      stream: { first: text(null), others: text(null), last: text("length") },
    },
    {
      title: "tells the usage of a streamed chat in a part of its own",
      ask: chat(withUsage),
      status: 200,
      stream: { first: role, last: { ...chatHead, choices: [], usage } },
    },
    {
      title: "tells the usage of a streamed completion in a part of its own",
      ask: completion(withUsage),
      status: 200,
      stream: { first: text(null), last: { ...completionHead, choices: [], usage } },
    },
    {
      title: "streams several choices by their index",
      ask: completion({ ...withUsage, n: 2 }),
      status: 200,
      stream: {
        first: { choices: [{ index: (found) => found === 0 || found === 1 }] },
        last: { choices: [], usage: { completion_tokens: 8 } },
      },
    },
  ];
};
