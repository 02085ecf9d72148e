/**
 * What a kubeconfig says about reaching a cluster, without a client library. Where it wants more than certificates or a
 * token (a login plugin, a proxy), the official client prepares the requests.
 */

import type { RequestOptions } from "node:https";
import { dirname, resolve } from "node:path";
import type { KubeConfig } from "@kubernetes/client-node";
import type { RefusedError } from "../../system/errors.ts";
import { oneLine } from "../../system/terminal/foreign-text.ts";
import { type Connection, kubeconfigPath, unusable } from "./connection.ts";
import { type Entry, readEntries, readNamedFile } from "./kubeconfig-file.ts";

/** How to reach an API server. */
export interface Access {
  server: URL;
  /** Whether the server's certificate is not looked at. */
  isUnverified: boolean;
  /** Certificates, headers and the like, for each request anew: a token may have been replaced. */
  options: () => Promise<RequestOptions>;
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
  const { cluster, user } = readEntries(connection);
  const server = typeof cluster.server === "string" ? URL.parse(cluster.server) : null;
  if (server === null) {
    throw unusable(connection, "its cluster has no server address", "Correct the file");
  }
  const plain =
    Object.keys(cluster).every((key) => plainClusterKeys.has(key)) &&
    Object.keys(user).every((key) => plainUserKeys.has(key)) &&
    process.env.HTTPS_PROXY === undefined &&
    process.env.https_proxy === undefined;
  return {
    server,
    isUnverified: cluster["insecure-skip-tls-verify"] === true,
    options: plain ? plainOptions(connection, cluster, user) : await librarysOptions(connection, user),
  };
}

function plainOptions(connection: Connection, cluster: Entry, user: Entry): Access["options"] {
  const folder = dirname(kubeconfigPath(connection));
  const fileOf = (key: string, path: string) => readNamedFile(connection, key, resolve(folder, path));
  const bytes = (entry: Entry, key: string): Buffer | undefined => {
    const [inline, path] = [entry[`${key}-data`], entry[key]];
    if (typeof inline === "string") {
      return Buffer.from(inline, "base64");
    }
    return typeof path === "string" ? fileOf(key, path) : undefined;
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
    typeof user.tokenFile === "string" ? fileOf("tokenFile", user.tokenFile).toString().trim() : user.token;
  return async () => {
    const bearer = token();
    return typeof bearer === "string" ? { ...fixed, headers: { authorization: `Bearer ${bearer}` } } : fixed;
  };
}

async function librarysOptions(connection: Connection, user: Entry): Promise<Access["options"]> {
  const { kubeConfigOf } = await import("./official-client.ts");
  const inWords = (error: unknown): RefusedError =>
    unusable(
      connection,
      `its credentials cannot be had: ${whyNoCredentials(error, user)}`,
      "Log in by kubectl first",
    );
  let config: KubeConfig;
  try {
    config = kubeConfigOf(connection);
  } catch (error) {
    throw inWords(error);
  }
  return async () => {
    const options: RequestOptions = {};
    try {
      await config.applyToHTTPSOptions(options);
    } catch (error) {
      throw inWords(error);
    }
    return options;
  };
}

/** What went wrong with a login plugin or a file of the kubeconfig, without what it printed as an answer: that may be a token. */
function whyNoCredentials(error: unknown, { exec }: Entry): string {
  const command = (exec as { command?: unknown } | undefined)?.command;
  const { code, path } = error as NodeJS.ErrnoException;
  if (typeof command !== "string") {
    return `${path ?? "a file or a login that it names"} is not there (${code ?? "no reason is known"})`;
  }
  if (code === "ENOENT") {
    return `its login plugin ${command} is not on PATH`;
  }
  // Of what is no JSON the error quotes the beginning.
  const said = error instanceof SyntaxError ? "" : oneLine((error as Error).message);
  return `its login plugin ${command} gives none${said === "" ? "" : `: ${said}`}`;
}

function present<Key extends string, Value>(key: Key, value: Value | undefined): Partial<Record<Key, Value>> {
  return value === undefined ? {} : ({ [key]: value } as Partial<Record<Key, Value>>);
}
