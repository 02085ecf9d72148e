/** What is asked of the server itself, and of its pod: through the API server, so from wherever the cluster can be reached. */
import { type IncomingMessage, request } from "node:http";
import { names, serverPort } from "../../stacks/vocabulary/names.ts";
import { apiKeyObject, objectPath } from "../../stacks/vocabulary/objects.ts";
import { parseHarmless } from "../../system/terminal/foreign-text.ts";
import { textUpTo } from "../api/body.ts";
import { ApiError, type ClusterApi } from "../api/index.ts";
import { podPath } from "../gpu-node/snapshot.ts";
import { heldKey } from "../server/api-key.ts";
import type { Log } from "./diagnosis.ts";

/** How long one question to the server may take, in milliseconds: the clients' own health timeout. */
const answerWithinMs = 5000;

/** The most that is read of its answer, in bytes: one about its models has a few hundred. */
const mostBytes = 1024 ** 2;

/** The most that is read of a log's last lines, in bytes: the end counts, and one line may hold a whole progress bar. */
const limitBytes = String(1024 ** 2);

/** What these credentials may not do, and the right that they lack: asking again cannot help. */
export class MissingRight extends Error {
  constructor(action: string, right: string) {
    super(`these credentials may not ${action}: allow ${right}`);
    this.name = "MissingRight";
  }
}

/** What a server said. */
export interface Models {
  /** Names that it answers to. */
  names: string[];
  /** Whether it said so without the API key. */
  isOpen: boolean;
}

/**
 * The model names that the server in a pod answers to: asked for without the API key, and with it where it wants one.
 * @throws MissingRight where that is not allowed; any other error where the server does not answer in time.
 */
export async function readModels(api: ClusterApi, pod: string): Promise<Models> {
  const open = await askModels(api, pod);
  const { status, body } =
    open.status === 401
      ? await askModels(api, pod, { authorization: `Bearer ${await readApiKey(api)}` })
      : open;
  if (status !== 200) {
    throw new Error(`/v1/models answered ${status}`);
  }
  const { data = [] } = parseHarmless(body) as { data?: { id: string }[] };
  return { names: data.map(({ id }) => id), isOpen: open.status !== 401 };
}

/** One request on a connection of its own, which is closed afterwards whatever the answer is. */
async function askModels(
  api: ClusterApi,
  pod: string,
  headers: Record<string, string> = {},
): Promise<{ status: number | undefined; body: string }> {
  const connection = await allowed(
    api.connect(`${podPath(pod)}/portforward?ports=${serverPort}`),
    `forward ports to pods in ${names.namespace}`,
    "`create` and `get` on pods/portforward",
  );
  try {
    const response = await new Promise<IncomingMessage>((answered, failed) => {
      request({
        host: "127.0.0.1",
        path: "/v1/models",
        headers: { ...headers, connection: "close" },
        signal: AbortSignal.timeout(answerWithinMs),
        createConnection: () => connection,
      })
        .once("response", answered)
        .on("error", failed)
        .end();
    });
    return { status: response.statusCode, body: await textUpTo(mostBytes, response) };
  } finally {
    connection.destroy();
  }
}

/** The key that the server asks for, from the cluster itself. */
async function readApiKey(api: ClusterApi): Promise<string> {
  const { namespace, apiKeySecret } = names;
  const secret = await allowed(
    api.get(objectPath(apiKeyObject)),
    `read Secret ${apiKeySecret} in ${namespace}`,
    "`get` on it",
  );
  const { key, fault = "there is none" } = heldKey(secret);
  if (key === undefined) {
    throw new Error(`it asks for a key, and Secret ${apiKeySecret} holds no usable one (${fault})`);
  }
  return key;
}

/** The last lines that a container printed. @throws MissingRight where they may not be read. */
export function readLog(api: ClusterApi, { pod, container, previous }: Log): Promise<string> {
  const query = new URLSearchParams({ container, previous: String(previous), tailLines: "200", limitBytes });
  return allowed(
    api.text(`${podPath(pod)}/log?${query}`),
    `read the logs of pods in ${names.namespace}`,
    "`get` on pods/log",
  );
}

/** @throws MissingRight in place of the API server's 403. */
async function allowed<T>(asked: Promise<T>, action: string, right: string): Promise<T> {
  return asked.catch((error: unknown) => {
    throw error instanceof ApiError && error.code === 403 ? new MissingRight(action, right) : error;
  });
}
