/**
 * Requests to the API server without a client library, for what runs in every preview: importing the official client
 * takes longer than all that is read with it.
 */
import type { IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from "node:https";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { fieldManager } from "../../stacks/vocabulary/names.ts";
import { harmlessLog, oneLine, parseHarmless } from "../../system/terminal/foreign-text.ts";
import { textUpTo } from "./body.ts";
import type { Connection } from "./connection.ts";
import { accessTo } from "./kubeconfig.ts";
import type { ManagedFields } from "./managed-fields.ts";

// An import of `node:http` reads all that it exports, and so loads an HTTP client of its own that is not used here.
const { Agent: HttpAgent, request: httpRequest } = process.getBuiltinModule("node:http");

/** How long one request may take, in milliseconds: far more than a home network needs, short enough to wait for. */
const answerWithinMs = 5000;

/** The most that is read of one answer, in bytes: a home cluster's largest list has a hundredth of it. */
const mostBytes = 64 * 1024 ** 2;

/** How long an API server that is busy or just starting is asked again, in milliseconds. */
const patientMs = 10_000;

/** The pause before it is asked again where it names none, and the longest one that it may name, in milliseconds. */
const pauseMs = { usual: 500, longest: 5000 } as const;

/** The API server answered that it will not do it. */
export class ApiError extends Error {
  readonly code: number;
  readonly reason: string;

  constructor(code: number, reason: string, message: string) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.reason = reason;
  }
}

/** Nothing is known: the API server did not answer, or not as one, or only that it cannot now. The message says which and why. */
export class UnreachableError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UnreachableError";
  }
}

/** A Kubernetes object as the API server gives it. */
export interface LiveObject {
  apiVersion?: string;
  kind?: string;
  metadata: {
    name: string;
    uid: string;
    resourceVersion: string;
    generation?: number;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    managedFields?: ManagedFields[];
  };
  [field: string]: unknown;
}

export interface ClusterApi {
  /** Address of the API server, for messages. */
  readonly server: string;
  /** Whether its certificate is not looked at, as the kubeconfig says. @default false */
  readonly isUnverified?: boolean;
  /** The object, or undefined where there is none (or no such kind). */
  get<Body = LiveObject>(path: string): Promise<Body | undefined>;
  /** What is no object: a pod's log. */
  text(path: string): Promise<string>;
  /** Opens a connection to a port of a pod. @param path of its subresource `portforward`, with `?ports=<port>` */
  connect(path: string): Promise<Duplex>;
  /** Creates an object. @throws ApiError with code 409 where it exists. */
  create<Body = LiveObject>(path: string, body: object): Promise<Body>;
  /** Replaces an object. @throws ApiError with code 409 where it has changed since it was read. */
  replace<Body = LiveObject>(path: string, body: object): Promise<Body>;
  /** Changes an object by a JSON patch (RFC 6902). */
  patch<Body = LiveObject>(path: string, operations: readonly object[]): Promise<Body>;
  /** Server-side apply by the platform's field manager, which takes every field that it names. */
  apply<Body = LiveObject>(path: string, object: object): Promise<Body>;
  /** Removes an object; one that is not there is no error. */
  remove(path: string): Promise<void>;
}

/** What came back over HTTP, whoever sent it. */
interface Answer {
  status: number;
  text: string;
  /** Whether the API server sent it, and not a proxy or another program at its address. */
  own: boolean;
  /** The pause that the sender asks for, in milliseconds. */
  retryAfterMs: number | undefined;
}

/** A look asks for some forty objects at once; a handshake for each costs both sides more than the answer. */
const maxSockets = 8;

/**
 * Access to a cluster. Does not connect yet.
 * @param options.patientMs how long an API server that is busy is asked again, in milliseconds
 * @throws RefusedError where the kubeconfig cannot be read or has no such context.
 */
export async function openApi(connection: Connection, options = { patientMs }): Promise<ClusterApi> {
  const { server, isUnverified, options: accessOptions } = await accessTo(connection);
  const secure = server.protocol === "https:";
  // Sockets that stay open would keep the program alive, so they do not count as work.
  const sockets = { keepAlive: true, maxSockets };
  const agent = secure ? new HttpsAgent(sockets) : new HttpAgent(sockets);
  const pathOf = (path: string) => `${server.pathname.replace(/\/$/, "")}${path}`;
  const askOnce = async (method: string, path: string, type?: string, body?: object): Promise<Answer> => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const { headers, ...rest } = await accessOptions();
    const sent: RequestOptions = {
      agent,
      ...rest,
      method,
      host: server.hostname.replace(/^\[|\]$/g, ""),
      port: server.port === "" ? (secure ? 443 : 80) : server.port,
      path: pathOf(path),
      signal: AbortSignal.timeout(answerWithinMs),
      headers: {
        ...headers,
        accept: "application/json, */*",
        ...(text === undefined
          ? {}
          : { "content-type": type ?? "application/json", "content-length": Buffer.byteLength(text) }),
      },
    };
    try {
      const response = await new Promise<IncomingMessage>((answered, failed) => {
        const request = secure ? httpsRequest(sent) : httpRequest(sent);
        request.once("response", answered).once("error", failed);
        request.end(text);
      });
      return await readAnswer(response);
    } catch (error) {
      throw new UnreachableError(`${server.origin} does not answer: ${reasonOf(error)}`);
    }
  };
  const ask = async (...request: Parameters<typeof askOnce>): Promise<Answer> => {
    const until = performance.now() + options.patientMs;
    for (;;) {
      const answer = await askOnce(...request);
      const pause = pauseBeforeNextTry(request[0], answer);
      if (pause === undefined || performance.now() + pause > until) {
        return answer;
      }
      await sleep(pause);
    }
  };
  const send = async (...request: Parameters<typeof askOnce>): Promise<unknown> =>
    bodyOf(await ask(...request), server.origin);
  const orNothing = async (answer: Promise<unknown>): Promise<unknown> => {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) {
        return undefined;
      }
      throw error;
    }
  };
  return {
    server: server.origin,
    isUnverified,
    get: <Body>(path: string) => orNothing(send("GET", path)) as Promise<Body | undefined>,
    text: async (path) => {
      // A pod's log comes from its node, for which nobody who wants to explain a failure waits.
      const answer = await askOnce("GET", path);
      const error = errorIn(answer, server.origin);
      if (error !== undefined) {
        throw error;
      }
      return harmlessLog(answer.text);
    },
    connect: async (path) => {
      // Loaded lazily: a preview never forwards a port.
      const { openPortForward } = await import("./port-forward.ts");
      const refusal = async (response: IncomingMessage): Promise<Error> => {
        const answer = await readAnswer(response);
        return errorIn(answer, server.origin) ?? notAsApiServer(answer, server.origin);
      };
      return openPortForward(new URL(pathOf(path), server), await accessOptions(), answerWithinMs, refusal);
    },
    create: <Body>(path: string, body: object) => send("POST", path, undefined, body) as Promise<Body>,
    replace: <Body>(path: string, body: object) => send("PUT", path, undefined, body) as Promise<Body>,
    patch: <Body>(path: string, operations: readonly object[]) =>
      send("PATCH", path, "application/json-patch+json", operations) as Promise<Body>,
    apply: <Body>(path: string, object: object) =>
      send(
        "PATCH",
        `${path}?fieldManager=${fieldManager}&force=true`,
        "application/apply-patch+yaml",
        object,
      ) as Promise<Body>,
    remove: async (path) => {
      await orNothing(send("DELETE", path));
    },
  };
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const { statusCode: status = 0, headers } = response;
  const text = await textUpTo(mostBytes, response);
  const seconds = Number(headers["retry-after"] ?? Number.NaN);
  return {
    status,
    text,
    own: isOwn(status, headers["audit-id"] !== undefined, text),
    retryAfterMs: seconds >= 0 ? seconds * 1000 : undefined,
  };
}

/**
 * Whether the API server sent an answer. It gives each of its answers the header `Audit-Id`; where a proxy drops that, its
 * objects and its errors can still be told by what they are. Any web server says 404, and none of those knows the cluster.
 */
function isOwn(status: number, hasAuditId: boolean, text: string): boolean {
  const { kind, apiVersion } = hasAuditId ? {} : (parsed(text) ?? {});
  return (
    hasAuditId ||
    kind === "Status" ||
    (isSuccess(status) && typeof kind === "string" && typeof apiVersion === "string")
  );
}

/** The pause before a request is sent again, in milliseconds; undefined where it is not. */
function pauseBeforeNextTry(method: string, { status, retryAfterMs }: Answer): number | undefined {
  // A write that failed in another way may have been done, and whoever wanted it has to look.
  const undone = status === 429 || (status === 503 && retryAfterMs !== undefined);
  return undone || (method === "GET" && status >= 500)
    ? Math.min(retryAfterMs ?? pauseMs.usual, pauseMs.longest)
    : undefined;
}

function bodyOf(answer: Answer, origin: string): unknown {
  const error = errorIn(answer, origin);
  if (error !== undefined) {
    throw error;
  }
  const body = answer.text === "" ? {} : parsed(answer.text);
  if (body === undefined) {
    throw notAsApiServer(answer, origin);
  }
  return body;
}

/** The error that an answer means; undefined for one that gives what was asked for. */
function errorIn(answer: Answer, origin: string): Error | undefined {
  const { status, text, own } = answer;
  if (!own) {
    return notAsApiServer(answer, origin);
  }
  if (isSuccess(status)) {
    return undefined;
  }
  if (status === 401) {
    return new UnreachableError(`${origin} does not accept the kubeconfig's credentials`);
  }
  const { reason, message } = parsed(text) ?? { message: oneLine(text) };
  const words = typeof message === "string" && message !== "" ? message : `HTTP status ${status}`;
  return status === 429 || status >= 500
    ? new UnreachableError(`${origin} answers ${status}: ${words}`)
    : new ApiError(status, typeof reason === "string" ? reason : String(status), words);
}

function notAsApiServer({ status }: Answer, origin: string): UnreachableError {
  return new UnreachableError(`${origin} answers ${status}, and not as an API server`);
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** What a text says as a JSON object; undefined where it is none. */
function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value = parseHarmless(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The innermost words of a network error: `connect ECONNREFUSED 127.0.0.1:6443`. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) {
    return reasonOf(error.errors[0]);
  }
  if (error instanceof Error) {
    return error.name === "AbortError" || error.name === "TimeoutError"
      ? `no answer within ${answerWithinMs / 1000} s`
      : error.message;
  }
  return String(error);
}
