/**
 * Requests to the API server without a client library, for what runs in every preview: importing the official client
 * takes longer than all that is read with it.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from "node:https";
import type { Duplex } from "node:stream";
import { text as textOf } from "node:stream/consumers";
import { fieldManager } from "../stacks/names.ts";
import type { Connection } from "./connection.ts";
import { accessTo } from "./kubeconfig.ts";
import type { ManagedFields } from "./managed-fields.ts";

/** How long one request may take, in milliseconds: far more than a home network needs, short enough to wait for. */
const answerWithinMs = 5000;

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

/** The API server did not answer, or not as one. The message says which one and why. */
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

/**
 * Access to a cluster. Does not connect yet.
 * @throws RefusedError where the kubeconfig cannot be read or has no such context.
 */
export async function openApi(connection: Connection): Promise<ClusterApi> {
  const { server, options } = await accessTo(connection);
  const secure = server.protocol === "https:";
  // Sockets that stay open would keep the program alive, so they do not count as work.
  const agent = secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const pathOf = (path: string) => `${server.pathname.replace(/\/$/, "")}${path}`;
  const respond = async (
    method: string,
    path: string,
    type?: string,
    body?: object,
  ): Promise<IncomingMessage> => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const { headers, ...rest } = await options();
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
    return new Promise<IncomingMessage>((answered, failed) => {
      const request = secure ? httpsRequest(sent) : httpRequest(sent);
      request.once("response", answered).once("error", failed);
      request.end(text);
    }).catch((error: unknown) => {
      throw new UnreachableError(`${server.origin} does not answer: ${reasonOf(error)}`);
    });
  };
  const send = async (...request: Parameters<typeof respond>): Promise<unknown> =>
    answerOf(await respond(...request), server.origin);
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
    get: <Body>(path: string) => orNothing(send("GET", path)) as Promise<Body | undefined>,
    text: async (path) => {
      const response = await respond("GET", path);
      if (response.statusCode !== 200) {
        await answerOf(response, server.origin);
      }
      return textOf(response);
    },
    connect: async (path) => {
      // Loaded where it is needed, and a preview needs it not.
      const { openPortForward } = await import("./port-forward.ts");
      return openPortForward(new URL(pathOf(path), server), await options(), answerWithinMs);
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

async function answerOf(response: IncomingMessage, origin: string): Promise<unknown> {
  const parts: Buffer[] = [];
  let body: { reason?: string; message?: string } & Record<string, unknown>;
  try {
    for await (const part of response) {
      parts.push(part as Buffer);
    }
    body = JSON.parse(Buffer.concat(parts).toString() || "{}") as typeof body;
  } catch (error) {
    const status = response.statusCode ?? 0;
    // A proxy's or another server's page; 404 from the API server itself is JSON or this plain text.
    if (status === 404) {
      throw new ApiError(404, "NotFound", "there is nothing of that kind");
    }
    throw new UnreachableError(`${origin} answers ${status}, and not as an API server: ${reasonOf(error)}`);
  }
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) {
    return body;
  }
  if (status === 401) {
    throw new UnreachableError(`${origin} does not accept the kubeconfig's credentials`);
  }
  throw new ApiError(status, body.reason ?? String(status), body.message ?? `HTTP status ${status}`);
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
