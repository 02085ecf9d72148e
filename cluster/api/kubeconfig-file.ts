/** What a kubeconfig file says of a context. It holds credentials, so no error quotes it. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { yamlFault } from "../../system/yaml-fault.ts";
import { type Connection, kubeconfigPath, unusable } from "./connection.ts";

/** Keys and values of a cluster or a user. */
export type Entry = Record<string, unknown>;

const entry = z.record(z.string(), z.unknown()).nullish();
const listOf = <Fields extends z.ZodRawShape>(fields: Fields) =>
  z.array(z.looseObject({ name: z.string(), ...fields })).nullish();

const kubeconfigSchema = z
  .looseObject({
    contexts: listOf({
      context: z.looseObject({ cluster: z.string().nullish(), user: z.string().nullish() }).nullish(),
    }),
    clusters: listOf({ cluster: entry }),
    users: listOf({ user: entry }),
  })
  .nullable();

type Kubeconfig = NonNullable<z.infer<typeof kubeconfigSchema>>;

/**
 * The cluster and the user of a connection's context.
 * @throws RefusedError where the file cannot be read, or does not describe that context.
 */
export function readEntries(connection: Connection): { cluster: Entry; user: Entry } {
  const { contexts, clusters, users } = readFile(connection);
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

function readFile(connection: Connection): Kubeconfig {
  const refused = (problem: string) =>
    unusable(connection, problem, "Name the kubeconfig in cluster.kubeconfig or in VLLM_PLATFORM_KUBECONFIG");
  let text: string;
  try {
    text = readFileSync(kubeconfigPath(connection), "utf8");
  } catch (error) {
    throw refused(whyUnread(error));
  }
  let content: unknown;
  try {
    content = parse(text, { logLevel: "error" }) ?? null;
  } catch (error) {
    throw refused(`the file is no YAML: ${yamlFault(error)}`);
  }
  const { data, error } = kubeconfigSchema.safeParse(content);
  if (error !== undefined) {
    const faults = error.issues.map(({ path, message }) =>
      path.length === 0 ? message : `${path.join(".")}: ${message}`,
    );
    throw refused(`the file is no kubeconfig (${faults.join("; ")})`);
  }
  return data ?? {};
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
