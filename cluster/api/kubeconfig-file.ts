/** What a kubeconfig file says of a context. It holds credentials, so no error quotes it. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { yamlFault } from "../../system/yaml-fault.ts";
import { type Connection, kubeconfigPath, unusable } from "./connection.ts";

/** Keys and values of a cluster or a user. */
export type Entry = Record<string, unknown>;

/** The file's lists, and the key under which each of their entries has what it names. */
const lists = { contexts: "context", clusters: "cluster", users: "user" } as const;

interface Named {
  name: string;
  context?: { cluster?: string | null; user?: string | null } | null;
  cluster?: Entry | null;
  user?: Entry | null;
}

type Kubeconfig = { [List in keyof typeof lists]?: Named[] | null };

/**
 * The cluster and the user of a connection's context.
 * @throws RefusedError where the file cannot be read, or does not describe that context.
 */
export function readEntries(connection: Connection): { cluster: Entry; user: Entry } {
  const file = readFile(connection);
  if (typeof file === "string") {
    throw unusable(
      connection,
      file,
      "Name the kubeconfig in cluster.kubeconfig or in VLLM_PLATFORM_KUBECONFIG",
    );
  }
  const { contexts, clusters, users } = file;
  const named = contexts?.find(({ name }) => name === connection.context);
  if (named === undefined) {
    const known = (contexts ?? []).map(({ name }) => name).join(", ");
    throw unusable(
      connection,
      "there is no such context",
      known === "" ? "Write one into the file, which has none, or name another file" : `Name one of ${known}`,
    );
  }
  const { cluster: clusterName, user: userName } = named.context ?? {};
  const cluster = clusters?.find(({ name }) => name === clusterName)?.cluster;
  if (cluster === undefined || cluster === null) {
    throw unusable(
      connection,
      clusterName ? `its cluster ${clusterName} is not described there` : "it names no cluster",
      "Correct the file",
    );
  }
  return { cluster, user: users?.find(({ name }) => name === userName)?.user ?? {} };
}

/** Why a path is not that of a kubeconfig; undefined where it is. */
export function whyNoKubeconfig(connection: Pick<Connection, "kubeconfig">): string | undefined {
  const file = readFile(connection);
  return typeof file === "string" ? file : undefined;
}

/** What the file says, or why it is none. */
function readFile(connection: Pick<Connection, "kubeconfig">): Kubeconfig | string {
  let text: string;
  try {
    text = readFileSync(kubeconfigPath(connection), "utf8");
  } catch (error) {
    return whyUnread(error);
  }
  let content: unknown;
  try {
    content = parse(text, { logLevel: "error" }) ?? {};
  } catch (error) {
    return `the file is no YAML: ${yamlFault(error)}`;
  }
  const faults = isMap(content) ? faultsIn(content) : ["it has no keys"];
  return faults.length > 0 ? `the file is no kubeconfig (${faults.join("; ")})` : (content as Kubeconfig);
}

const isMap = (value: unknown): value is Entry =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * What is not as a kubeconfig has it, by its keys. By hand, as each program that an update starts would load a library for
 * this alone.
 */
function faultsIn(content: Entry): string[] {
  return Object.entries(lists).flatMap(([list, key]) => {
    const entries = content[list] ?? [];
    if (!Array.isArray(entries)) {
      return [`${list} is no list`];
    }
    return entries.flatMap((entry: unknown, index) => {
      if (!isMap(entry)) {
        return [`${list}.${index} has no keys`];
      }
      const described = entry[key] ?? {};
      const texts = isMap(described) && key === "context" ? [described.cluster, described.user] : [];
      return [
        ...(typeof entry.name === "string" ? [] : [`${list}.${index}.name is no text`]),
        ...(isMap(described) ? [] : [`${list}.${index}.${key} has no keys`]),
        ...(texts.every((text) => typeof (text ?? "") === "string")
          ? []
          : [`${list}.${index}.${key} names a cluster or a user that is no text`]),
      ];
    });
  });
}

/** A file that a kubeconfig names. @param key under which it stands there @throws RefusedError */
export function readNamedFile(connection: Connection, key: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw unusable(
      connection,
      `${path} (its ${key}): ${whyUnread(error)}`,
      `Put it there, or correct ${key}`,
    );
  }
}

function whyUnread(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const known: Record<string, string> = {
    ENOENT: "the file does not exist",
    EACCES: "this user may not read the file",
    EISDIR: "that is a folder",
  };
  return known[code ?? ""] ?? `the file cannot be read: ${message}`;
}
