import { type IncomingHttpHeaders, type RequestOptions, request } from "node:http";
import { request as secureRequest } from "node:https";
import type { Client, EntryPoint, Traefik } from "./traefik.ts";

export interface Question {
  readonly host: string;
  /** As it is sent: nothing of it is encoded or resolved. */
  readonly path: string;
  readonly entryPoint?: EntryPoint;
  readonly client?: Client;
  readonly headers?: Readonly<Record<string, string>>;
  /** With one it is a POST of JSON. */
  readonly body?: string | Buffer;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Whether it broke off. */
  readonly cut: boolean;
  /** Milliseconds from the question to the answer's first byte, and to each part of it. */
  readonly firstMs: number;
  readonly partsMs: readonly number[];
}

/** Asks as a client of the home network would, by HTTPS unless told otherwise; whose certificate it is does not matter. */
export async function ask(traefik: Pick<Traefik, "socket">, question: Question): Promise<Answer> {
  const { host, path, entryPoint = "websecure", client = "home", body, signal } = question;
  const options: RequestOptions = {
    socketPath: traefik.socket(client, entryPoint),
    path,
    method: body === undefined ? "GET" : "POST",
    headers: {
      host,
      ...(body === undefined
        ? {}
        : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
      ...question.headers,
    },
    ...(signal === undefined ? {} : { signal }),
    agent: false,
  };
  const began = performance.now();
  const asked =
    entryPoint === "web"
      ? request(options)
      : secureRequest({ ...options, servername: host, rejectUnauthorized: false });
  return new Promise((resolve, reject) => {
    asked.on("error", reject);
    asked.on("response", async (answer) => {
      const since = (): number => performance.now() - began;
      const firstMs = since();
      const parts: Buffer[] = [];
      const partsMs: number[] = [];
      let cut = false;
      try {
        for await (const part of answer) {
          parts.push(part as Buffer);
          partsMs.push(since());
        }
      } catch {
        cut = true;
      }
      const text = Buffer.concat(parts).toString();
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text, cut, firstMs, partsMs });
    });
    asked.end(body);
  });
}
