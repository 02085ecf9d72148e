/** A proxy before a sandbox's API server that can answer in its place, as a load balancer or a wrong address would. */
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { AddressInfo } from "node:net";
import { parse, stringify } from "yaml";
import type { Sandbox } from "./index.ts";

/** What the front says itself. */
export interface Instead {
  readonly status: number;
  readonly body: string;
  readonly headers?: Record<string, string>;
}

export interface Front {
  readonly url: string;
  /** The sandbox, whose commands reach the cluster through the front. */
  readonly sandbox: Sandbox;
  /**
   * Looks at each request, and may hold it; what it gives is answered, and undefined lets the API server answer.
   * @default passes all on
   */
  answer: (request: IncomingMessage) => Instead | undefined | Promise<undefined>;
  close(): void;
}

interface Kubeconfig {
  clusters: { cluster: Record<string, string> }[];
  users: { user: Record<string, string> }[];
}

/** A front of a running sandbox, with a kubeconfig beside the sandbox's own that leads to it. It speaks plain HTTP. */
export async function frontOf(sandbox: Sandbox): Promise<Front> {
  const config = parse(readFileSync(sandbox.kubeconfig, "utf8")) as Kubeconfig;
  const [cluster, user] = [config.clusters[0]?.cluster ?? {}, config.users[0]?.user ?? {}];
  const upstream = {
    ...addressOf(cluster.server ?? ""),
    ca: bytesOf(cluster, "certificate-authority"),
    cert: bytesOf(user, "client-certificate"),
    key: bytesOf(user, "client-key"),
  };
  const pass = ({ method = "GET", url = "/", headers }: IncomingMessage) =>
    httpsRequest({ ...upstream, method, path: url, headers, agent: false });
  const server = createServer(async (request, response) => {
    const instead = await front.answer(request);
    if (instead !== undefined) {
      request.resume();
      response.writeHead(instead.status, instead.headers).end(instead.body);
      return;
    }
    const passed = pass(request)
      .on("response", (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      })
      .on("error", () => response.destroy());
    response.on("close", () => passed.destroy());
    request.pipe(passed);
  });
  server.on("upgrade", async (request, socket, head) => {
    socket.on("error", () => {});
    const instead = await front.answer(request);
    if (instead !== undefined) {
      socket.end(`${headOf(instead.status, instead.headers ?? {})}${instead.body}`);
      return;
    }
    pass(request)
      .on("upgrade", ({ statusCode = 101, headers }, far, first) => {
        far.on("error", () => socket.destroy());
        socket.write(headOf(statusCode, headers));
        socket.write(first);
        far.write(head);
        far.pipe(socket).pipe(far);
      })
      .on("response", (answer) => {
        socket.write(headOf(answer.statusCode ?? 502, { ...answer.headers, connection: "close" }));
        answer.pipe(socket);
      })
      .on("error", () => socket.destroy())
      .end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const kubeconfig = `${sandbox.kubeconfig}.front`;
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const one of config.clusters) one.cluster = { server: url };
  for (const one of config.users) one.user = {};
  writeFileSync(kubeconfig, stringify(config));
  const front: Front = {
    url,
    sandbox: reachedBy(sandbox, kubeconfig),
    answer: () => undefined,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return front;
}

/** The sandbox, whose commands reach a cluster by another kubeconfig. */
export function reachedBy(sandbox: Sandbox, kubeconfig: string): Sandbox {
  return Object.create(sandbox, {
    kubeconfig: { value: kubeconfig },
    environment: {
      value: () => ({
        ...sandbox.environment(),
        KUBECONFIG: kubeconfig,
        VLLM_PLATFORM_KUBECONFIG: kubeconfig,
      }),
    },
  }) as Sandbox;
}

function addressOf(server: string): { host: string; port: string } {
  const { hostname, port } = new URL(server);
  return { host: hostname, port };
}

function bytesOf(entry: Record<string, string>, key: string): Buffer {
  const [inline, file] = [entry[`${key}-data`], entry[key]];
  return inline === undefined ? readFileSync(file ?? "") : Buffer.from(inline, "base64");
}

function headOf(status: number, headers: NodeJS.Dict<string | string[]>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
  return `HTTP/1.1 ${status} Said\r\n${lines.join("")}\r\n`;
}
