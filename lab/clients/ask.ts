/** One request of each kind of client, and how it ended as its user sees it. */
import OpenAI from "openai";
import { modelAlias, servedByHeader } from "../../stacks/vocabulary/names.ts";
import { documentedCodeNodes } from "./code-node.ts";

/** n8n's workflow with the pattern; OpenAI's SDK, and the same with a stream. */
export type Kind = "n8n" | "sdk" | "stream";

export interface Ended {
  /** `answered`: whole. `error`: the client was told. `lost`: neither. */
  readonly end: "answered" | "error" | "lost";
  /** Who answered, or had begun to; undefined where nobody had, or an answer does not say it. */
  readonly by?: "gpu" | "cpu" | undefined;
  /** Of all but an answer: what the client has to show. */
  readonly why?: string;
}

export type Ask = () => Promise<Ended>;

/** Milliseconds that the SDK waits for the beginning of an answer, and as its user for a whole stream. */
const patienceMs = 60_000;

/** What n8n's example workflow waits for an answer of vLLM, and of Ollama, in milliseconds. */
const workflowMs = { gpu: 60_000, cpu: 300_000 } as const;

const messages = [{ role: "user" as const, content: "Hello" }];

/** @param baseURL as a person enters it, with `/v1` */
export function sdk(baseURL: string): Ask {
  const client = clientOf(baseURL);
  return async () => {
    let by: Ended["by"];
    try {
      const asked = client.chat.completions.create({ model: modelAlias, messages });
      const { data, response } = await asked.withResponse();
      by = servedBy(response);
      return answered(data.choices[0]?.message.content, by);
    } catch (error) {
      return told(error, by);
    }
  };
}

/**
 * The same with a stream, which is whole where it says by which reason it ended.
 * @param giveUpMs milliseconds after which its user does not wait any more
 */
export function stream(baseURL: string, giveUpMs: number = patienceMs): Ask {
  const client = clientOf(baseURL);
  return async () => {
    let by: Ended["by"];
    try {
      const signal = AbortSignal.timeout(giveUpMs);
      const asked = client.chat.completions.create({ model: modelAlias, messages, stream: true }, { signal });
      const { data, response } = await asked.withResponse();
      by = servedBy(response);
      let [content, finish] = ["", false];
      for await (const { choices } of data) {
        content += choices[0]?.delta.content ?? "";
        finish ||= typeof choices[0]?.finish_reason === "string";
      }
      if (finish) return answered(content, by);
      // Whoever gives up knows that, though the SDK ends the stream then as if it were over.
      return signal.aborted
        ? { end: "error", by, why: `given up after ${giveUpMs / 1000} s` }
        : { end: "lost", by, why: "the stream is over without a reason" };
    } catch (error) {
      return told(error, by);
    }
  };
}

/** @param pattern the code that the platform offers for a Code node */
export function n8n(pattern: string): Ask {
  const codeNode = documentedCodeNodes.at(-1);
  if (codeNode === undefined) throw new Error("n8n has a Code node");
  return async () => {
    let by: Ended["by"];
    try {
      const [item] = await codeNode.run(pattern, "runOnceForAllItems");
      const { endpoint, mode, model } = (item as { json: Routing }).json;
      by = mode;
      const response = await fetch(endpoint, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model, stream: false, messages }),
        signal: AbortSignal.timeout(workflowMs[mode]),
      });
      if (!response.ok) return { end: "error", by, why: `status ${response.status}` };
      const { choices, message } = (await response.json()) as Answer;
      return answered(choices?.[0]?.message.content ?? message?.content, by);
    } catch (error) {
      return told(error, by);
    }
  };
}

interface Routing {
  readonly endpoint: string;
  readonly mode: "gpu" | "cpu";
  readonly model: string;
}

/** Of vLLM, or of Ollama. */
interface Answer {
  readonly choices?: readonly { readonly message: { readonly content: string } }[];
  readonly message?: { readonly content: string };
}

function clientOf(baseURL: string): OpenAI {
  return new OpenAI({ baseURL, apiKey: "none", timeout: patienceMs });
}

/** The gateway says it; whoever asks the server itself knows. */
function servedBy({ headers }: Response): Ended["by"] {
  const whom = headers.get(servedByHeader);
  return whom === "gpu" || whom === "cpu" ? whom : undefined;
}

function answered(content: string | null | undefined, by: Ended["by"]): Ended {
  return content ? { end: "answered", by } : { end: "lost", by, why: "an answer without content" };
}

/** The innermost words of an error: the SDK's own are about itself. */
function told(error: unknown, by: Ended["by"]): Ended {
  let [cause, why] = [error, ""];
  while (cause instanceof Error) [cause, why] = [cause.cause, cause.message];
  return { end: "error", by, why: why || String(error) };
}
