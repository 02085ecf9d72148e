/**
 * What a kubeconfig says about reaching a cluster, without a client library. Where it wants more than certificates or a
 * token (a login plugin, a proxy), the official client prepares the requests.
 */

import { readFileSync } from "node:fs";
import type { RequestOptions } from "node:https";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import type { Connection } from "./connection.ts";
import { kubeconfigPath, unusable } from "./connection.ts";

/** How to reach an API server. */
export interface Access {
  server: URL;
  /** Certificates, headers and the like, for each request anew: a token may have been replaced. */
  options: () => Promise<RequestOptions>;
}

type Entry = Record<string, unknown>;

interface Kubeconfig {
  contexts?: { name: string; context?: { cluster?: string; user?: string } }[] | null;
  clusters?: { name: string; cluster?: Entry }[] | null;
  users?: { name: string; user?: Entry }[] | null;
}

/** What k3s and kubeadm write. */
const plainUserKeys = new Set([
  "client-certificate",
  "client-certificate-data",
  "client-key",
  "client-key-data",
  "token",
  "tokenFile",
]);
const plainClusterKeys = new Set([
  "server",
  "certificate-authority",
  "certificate-authority-data",
  "insecure-skip-tls-verify",
  "tls-server-name",
]);

/**
 * How to reach the cluster of a connection. Does not connect.
 * @throws RefusedError where the file cannot be read, or does not describe that context.
 */
export async function accessTo(connection: Connection): Promise<Access> {
  const file = kubeconfigPath(connection);
  const { cluster, user } = entriesOf(file, connection);
  const server = typeof cluster.server === "string" ? URL.parse(cluster.server) : null;
  if (server === null) {
    throw unusable(connection, "its cluster has no server address", "Correct the file");
  }
  const plain =
    Object.keys(cluster).every((key) => plainClusterKeys.has(key)) &&
    Object.keys(user).every((key) => plainUserKeys.has(key)) &&
    process.env.HTTPS_PROXY === undefined &&
    process.env.https_proxy === undefined;
  return { server, options: plain ? plainOptions(file, cluster, user) : await librarysOptions(connection) };
}

function plainOptions(file: string, cluster: Entry, user: Entry): Access["options"] {
  const bytes = (entry: Entry, key: string): Buffer | undefined => {
    const [inline, path] = [entry[`${key}-data`], entry[key]];
    if (typeof inline === "string") {
      return Buffer.from(inline, "base64");
    }
    return typeof path === "string" ? readFileSync(resolve(dirname(file), path)) : undefined;
  };
  const servername = cluster["tls-server-name"];
  const fixed: RequestOptions = {
    ...present("ca", bytes(cluster, "certificate-authority")),
    ...present("cert", bytes(user, "client-certificate")),
    ...present("key", bytes(user, "client-key")),
    ...present("servername", typeof servername === "string" ? servername : undefined),
    ...(cluster["insecure-skip-tls-verify"] === true ? { rejectUnauthorized: false } : {}),
  };
  const token = (): unknown =>
    typeof user.tokenFile === "string"
      ? readFileSync(resolve(dirname(file), user.tokenFile), "utf8").trim()
      : user.token;
  return async () => {
    const bearer = token();
    return typeof bearer === "string" ? { ...fixed, headers: { authorization: `Bearer ${bearer}` } } : fixed;
  };
}

async function librarysOptions(connection: Connection): Promise<Access["options"]> {
  const { kubeConfigOf } = await import("./official-client.ts");
  const config = kubeConfigOf(connection);
  return async () => {
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    return options;
  };
}

function entriesOf(file: string, connection: Connection): { cluster: Entry; user: Entry } {
  let content: Kubeconfig;
  try {
    content = (parse(readFileSync(file, "utf8")) ?? {}) as Kubeconfig;
  } catch (error) {
    const missing = (error as { code?: string }).code === "ENOENT";
    throw unusable(
      connection,
      missing ? "the file does not exist" : `the file cannot be read: ${(error as Error).message}`,
      "Name the kubeconfig in cluster.kubeconfig or in VLLM_PLATFORM_KUBECONFIG",
    );
  }
  const context = content.contexts?.find(({ name }) => name === connection.context)?.context;
  if (context === undefined) {
    throw unusable(
      connection,
      "there is no such context",
      `Name one of ${(content.contexts ?? []).map(({ name }) => name).join(", ") || "its contexts; it has none"}`,
    );
  }
  const cluster = content.clusters?.find(({ name }) => name === context.cluster)?.cluster;
  if (cluster === undefined) {
    throw unusable(connection, `its cluster ${context.cluster} is not described there`, "Correct the file");
  }
  return { cluster, user: content.users?.find(({ name }) => name === context.user)?.user ?? {} };
}

function present<Key extends string, Value>(key: Key, value: Value | undefined): Partial<Record<Key, Value>> {
  return value === undefined ? {} : ({ [key]: value } as Partial<Record<Key, Value>>);
}
