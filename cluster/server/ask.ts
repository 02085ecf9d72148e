/** One question to a server over HTTP, on a connection of its own, whichever way leads there. No redirect is followed. */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import type { Duplex } from "node:stream";
import { parseHarmless } from "../../system/terminal/foreign-text.ts";
import { textUpTo } from "../api/body.ts";
import type { ClusterApi } from "../api/index.ts";
import { allowed } from "./rights.ts";

// An import of `node:http` reads all that it exports, and so loads an HTTP client of its own that is not used here.
const { request: httpRequest } = process.getBuiltinModule("node:http");

/** The most that is read of one answer, in bytes: those that are asked for here have a few thousand. */
const mostBytes = 1024 ** 2;

/** A way to a server. */
export interface Way {
  /** As a person knows it. */
  readonly name: string;
  readonly origin: URL;
  /** Opens a connection, where the network alone does not lead there. */
  readonly connect?: () => Promise<Duplex>;
  /** Which authorities are trusted, and how a name is looked up. @default as Node.js does */
  readonly options?: Pick<RequestOptions, "ca" | "lookup">;
}

export interface Question {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent by POST, as JSON. @default none, and it is a GET */
  readonly body?: object;
  /** How long it may take until the answer has ended, in milliseconds. */
  readonly withinMs: number;
  /** Ends it; its reason is thrown. */
  readonly signal?: AbortSignal;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly stream: IncomingMessage;
  /** When the whole question was on its way, as `performance.now` has it. */
  readonly sentAt: number;
}

/** What came back as text. */
export interface Answer extends Omit<Reply, "stream"> {
  readonly text: string;
}

/** Through the API server, to a port of a pod. */
export function byPortForward(api: ClusterApi, pod: string, port: number, namespace: string): Way {
  return {
    name: `pod ${pod} through the API server`,
    origin: new URL("http://127.0.0.1"),
    connect: () =>
      allowed(
        api.connect(`/api/v1/namespaces/${namespace}/pods/${pod}/portforward?ports=${port}`),
        `forward ports to pods in ${namespace}`,
        "`create` and `get` on pods/portforward",
      ),
  };
}

/** Whether nobody on the way can read what is sent. */
export function isPrivate({ origin, connect }: Way): boolean {
  return (
    connect !== undefined ||
    origin.protocol === "https:" ||
    /^(localhost|127(\.\d+){3}|\[::1\])$/.test(origin.hostname)
  );
}

/** The answer did not come in time, or not all of it. */
export class NoAnswer extends Error {}

/**
 * Asks, and reads the answer by `read`; the connection is closed then, whatever was read.
 * @throws NoAnswer in half a sentence where it does not come in time, any other Error where it does not come at all.
 */
export async function ask<Value>(
  { origin, connect, options }: Way,
  { path, headers = {}, body, withinMs, signal }: Question,
  read: (reply: Reply) => Promise<Value>,
): Promise<Value> {
  signal?.throwIfAborted();
  const connection = await connect?.();
  const late = AbortSignal.timeout(withinMs);
  const text = body === undefined ? undefined : JSON.stringify(body);
  const sent = (origin.protocol === "https:" ? httpsRequest : httpRequest)({
    ...options,
    ...(connection === undefined ? { agent: false } : { createConnection: () => connection }),
    host: origin.hostname.replace(/^\[|\]$/g, ""),
    port: origin.port,
    path: `${origin.pathname.replace(/\/$/, "")}${path}`,
    method: text === undefined ? "GET" : "POST",
    headers: {
      host: origin.host,
      connection: "close",
      ...(text === undefined
        ? {}
        : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
      ...headers,
    },
    signal: signal === undefined ? late : AbortSignal.any([signal, late]),
  });
  let sentAt = performance.now();
  sent.once("finish", () => {
    sentAt = performance.now();
  });
  try {
    const stream = await new Promise<IncomingMessage>((answered, failed) => {
      sent.once("response", answered).on("error", failed);
      sent.end(text);
    });
    return await read({ status: stream.statusCode ?? 0, headers: stream.headers, stream, sentAt });
  } catch (error) {
    signal?.throwIfAborted();
    throw late.aborted ? new NoAnswer(`no answer within ${withinMs / 1000} s`) : plain(error);
  } finally {
    sent.destroy();
    connection?.destroy();
  }
}

/** The same with the answer's text. */
export function askText(way: Way, question: Question): Promise<Answer> {
  return ask(way, question, async ({ stream, ...reply }) => ({ ...reply, text: await textOf({ stream }) }));
}

/** The text of a reply, up to a size. */
export function textOf({ stream }: Pick<Reply, "stream">): Promise<string> {
  return textUpTo(mostBytes, stream);
}

/** What a text says as a JSON object; undefined where it is none. Nothing in it acts on a terminal. */
export function jsonOf(text: string): Record<string, unknown> | undefined {
  try {
    const value = parseHarmless(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Node.js tells several failed addresses as one error without words. */
function plain(error: unknown): unknown {
  return error instanceof AggregateError ? (error.errors[0] ?? error) : error;
}
