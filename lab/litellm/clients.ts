/** Clients that ask for one stream after the other, and note when the first token of each came, and whose it was. */

/** One request. Times are milliseconds of `performance.now()`. */
export interface Stream {
  readonly began: number;
  /** When the first token came; absent where none did. */
  firstToken?: number;
  /** Who spoke first: the name that the stand-in says. */
  by?: string;
  /** Whether it ended as a stream does that is whole. */
  whole: boolean;
}

export interface Clients {
  /** Every stream that has begun, by client. */
  readonly streams: readonly Stream[][];
  /** Lets the streams end that have begun. */
  stop(): Promise<void>;
}

/** Starts so many clients, each with its next stream as soon as the last has ended, or failed. */
export function startClients(url: string, key: string, count: number): Clients {
  let going = true;
  const streams: Stream[][] = Array.from({ length: count }, () => []);
  const client = async (own: Stream[]): Promise<void> => {
    while (going) {
      const stream: Stream = { began: performance.now(), whole: false };
      own.push(stream);
      await ask(url, key, stream).catch(() => undefined); // a failed request is one without a token
      await new Promise((wake) => setTimeout(wake, 100));
    }
  };
  const running = streams.map(client);
  return {
    streams,
    async stop() {
      going = false;
      await Promise.all(running);
    },
  };
}

async function ask(url: string, key: string, stream: Stream): Promise<void> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify({
      model: "default",
      stream: true,
      messages: [{ role: "user", content: "Say hello." }],
    }),
    signal: AbortSignal.timeout(60_000),
  });
  let said = "";
  for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    said += part;
    const [, by] = /"content":\s?"(gpu|cpu) "/.exec(said) ?? [];
    if (by !== undefined && stream.by === undefined) {
      stream.by = by;
      stream.firstToken = performance.now();
    }
  }
  stream.whole = said.includes("data: [DONE]") && !said.includes('"error"');
}
