/** What is asked of the server itself, and of its pod: through the API server, so from wherever the cluster can be reached. */
import { names, serverPort } from "../../stacks/vocabulary/names.ts";
import { parseHarmless } from "../../system/terminal/foreign-text.ts";
import type { ClusterApi } from "../api/index.ts";
import { podPath } from "../gpu-node/snapshot.ts";
import { askText, byPortForward } from "../server/ask.ts";
import { allowed, readApiKey } from "../server/rights.ts";
import type { Log } from "./diagnosis.ts";

/** How long one question to the server may take, in milliseconds: the clients' own health timeout. */
const answerWithinMs = 5000;

/** The most that is read of a log's last lines, in bytes: the end counts, and one line may hold a whole progress bar. */
const limitBytes = String(1024 ** 2);

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
  const way = byPortForward(api, pod, serverPort, names.namespace);
  const question = { path: "/v1/models", withinMs: answerWithinMs };
  const open = await askText(way, question);
  const { status, text } =
    open.status === 401
      ? await askText(way, { ...question, headers: { authorization: `Bearer ${await readApiKey(api)}` } })
      : open;
  if (status !== 200) {
    throw new Error(`/v1/models answered ${status}`);
  }
  const { data = [] } = parseHarmless(text) as { data?: { id: string }[] };
  return { names: data.map(({ id }) => id), isOpen: open.status !== 401 };
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
