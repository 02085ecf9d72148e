/** Reads a streamed answer of the OpenAI interface, chat or completion, from the data of its events. */
import { oneLine } from "../../system/terminal/foreign-text.ts";
import { jsonOf } from "./ask.ts";

/** The mark that ends a stream. */
const end = "[DONE]";

export interface Streamed {
  /** What it answers. */
  text: string;
  /** What a parser of the server took out of the answer as its chain of thought. */
  reasoning: string;
  /** Parts in which both came. */
  parts: number;
  /** Tokens that were written, by the server's own count, where it was asked for. */
  tokens?: number;
  finish?: string;
  /** Whether the mark came, as the last of all. */
  done: boolean;
  /** When the first and the last part came, as `performance.now` has it. */
  firstAt?: number;
  lastAt?: number;
  /** The server's `system_fingerprint`. */
  fingerprint?: string;
}

interface Payload {
  error?: unknown;
  object?: unknown;
  message?: unknown;
  system_fingerprint?: unknown;
  usage?: { completion_tokens?: unknown } | null;
  choices?: { text?: unknown; finish_reason?: unknown; delta?: Record<string, unknown> }[];
}

/**
 * @param enough ends the reading where what has come suffices. @default all is read
 * @throws Error, half a sentence, for what is no such stream, and for an error that came in it
 */
export async function readStreamed(
  events: AsyncIterable<string>,
  enough: (sofar: Streamed) => boolean = () => false,
): Promise<Streamed> {
  const read: Streamed = { text: "", reasoning: "", parts: 0, done: false };
  for await (const data of events) {
    if (read.done) {
      throw new Error(`more comes after ${end}`);
    }
    if (data === end) {
      read.done = true;
      continue;
    }
    take(read, data);
    if (enough(read)) {
      break;
    }
  }
  return read;
}

function take(read: Streamed, data: string): void {
  const payload = jsonOf(data) as Payload | undefined;
  if (payload === undefined) {
    throw new Error(`an event is no JSON object: ${oneLine(data)}`);
  }
  if (payload.error !== undefined || payload.object === "error") {
    throw new Error(`it breaks off with an error: ${oneLine(JSON.stringify(payload.error ?? payload))}`);
  }
  const { usage, system_fingerprint: fingerprint, choices: [choice] = [] } = payload;
  if (typeof usage?.completion_tokens === "number") {
    read.tokens = usage.completion_tokens;
  }
  if (typeof fingerprint === "string") {
    read.fingerprint = fingerprint;
  }
  if (typeof choice?.finish_reason === "string") {
    read.finish = choice.finish_reason;
  }
  const text = said(choice?.delta?.content ?? choice?.text);
  // Newer engines call it `reasoning`.
  const reasoning = said(choice?.delta?.reasoning ?? choice?.delta?.reasoning_content);
  if (text !== "" || reasoning !== "") {
    read.text += text;
    read.reasoning += reasoning;
    read.parts += 1;
    read.lastAt = performance.now();
    read.firstAt ??= read.lastAt;
  }
}

const said = (value: unknown): string => (typeof value === "string" ? value : "");
