import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { text } from "node:stream/consumers";

/** A server that did not give the file. */
export class Refused extends Error {
  override readonly name = "Refused";
  /** True where no server was reached at all: another host is hardly worth a try. */
  readonly network: boolean;
  /** The host that gives nothing else either, where that is to be expected. */
  readonly host: string | undefined;

  constructor(message: string, network: boolean, host?: string) {
    super(message);
    this.network = network;
    this.host = host;
  }
}

export interface GetOptions {
  signal?: AbortSignal;
  /** Longest wait for an answer to begin, and for the next bytes of one, in milliseconds. Default: 4000. */
  patienceMs?: number;
  /** Where to ask instead, for tests. */
  instead?: (url: string) => string;
}

/** As with browsers and curl; GitHub sends two. */
const mostRedirects = 5;

/**
 * The answer to a GET, after redirects. The proxy that `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` name is used, as
 * by npm and Go; `fetch` would ignore it.
 * @throws Refused for any answer but 200, and where none comes.
 */
export async function get(url: string, options: GetOptions): Promise<IncomingMessage> {
  const { host } = new URL(url);
  let place = options.instead?.(url) ?? url;
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const answer = await request(place, options).catch((error: unknown) => {
      throw error instanceof Refused ? new Refused(error.message, error.network, host) : error;
    });
    const { statusCode = 0, headers } = answer;
    if (statusCode === 200) {
      return answer;
    }
    answer.destroy();
    if (statusCode < 300 || statusCode > 399 || headers.location === undefined) {
      const thisFileOnly = statusCode === 404 || statusCode === 410;
      throw new Refused(
        `${new URL(place).host} answered ${statusCode}`,
        false,
        thisFileOnly ? undefined : host,
      );
    }
    place = new URL(headers.location, place).href;
  }
  throw new Refused(`${host} redirected more than ${mostRedirects} times`, false, host);
}

/** The whole answer as text, for small files. @throws Refused also where it breaks off */
export async function getText(url: string, options: GetOptions): Promise<string> {
  const answer = await get(url, options);
  return text(answer).catch((error: Error) => {
    options.signal?.throwIfAborted();
    throw brokenOff(url, error);
  });
}

/** An answer that came to no end. */
export function brokenOff(url: string, { message }: Error): Refused {
  const { host } = new URL(url);
  return new Refused(`${host} stopped in the middle of the file: ${message}`, true, host);
}

function request(url: string, { signal, patienceMs = 4000 }: GetOptions): Promise<IncomingMessage> {
  const { host, protocol } = new URL(url);
  const { Agent, get: begin } = protocol === "https:" ? https : http;
  return new Promise((resolve, reject) => {
    const asked = begin(url, {
      agent: new Agent({ proxyEnv: process.env }),
      headers: { "user-agent": "vllm-platform" },
      ...(signal === undefined ? {} : { signal }),
    });
    const silence = () => new Error(`it was silent for ${patienceMs / 1000} s`);
    // Name look-up and connection included, which a socket's own timeout is not.
    const beginning = setTimeout(() => asked.destroy(silence()), patienceMs);
    asked.on("close", () => clearTimeout(beginning));
    asked.on("response", (answer) => {
      clearTimeout(beginning);
      asked.setTimeout(patienceMs, () => answer.destroy(silence()));
      resolve(answer);
    });
    asked.on("error", (error) =>
      reject(signal?.aborted === true ? signal.reason : new Refused(inWords(host, error), true)),
    );
  });
}

function inWords(host: string, error: NodeJS.ErrnoException): string {
  const known: Record<string, string> = {
    ENOTFOUND: `the name ${host} is unknown here`,
    EAI_AGAIN: `the name ${host} cannot be looked up`,
    ECONNREFUSED: `${host} or the proxy refuses connections`,
    ECONNRESET: `${host} or the proxy cut the connection`,
    ERR_PROXY_TUNNEL: `the proxy refuses ${host}`,
  };
  return known[error.code ?? ""] ?? `${host} cannot be reached: ${error.message}`;
}
