/** What is asked of the server itself, and of its pod: through the API server, so from wherever the cluster can be reached. */
import { type IncomingMessage, request } from "node:http";
import { json } from "node:stream/consumers";
import { names, secretKeys, serverPort } from "../stacks/names.ts";
import type { ClusterApi } from "./api.ts";
import type { Log } from "./diagnosis.ts";
import { podPath } from "./snapshot.ts";

/** How long one question to the server may take, in milliseconds: the clients' own health timeout. */
const answerWithinMs = 5000;

/** The model names that the server in a pod answers to. Rejects where it does not answer in time. */
export async function readServedNames(api: ClusterApi, pod: string): Promise<string[]> {
  const signal = AbortSignal.timeout(answerWithinMs);
  const open = await ask(api, pod, { path: "/v1/models", headers: {}, signal });
  const response =
    open.statusCode === 401
      ? await ask(api, pod, {
          path: "/v1/models",
          headers: { authorization: `Bearer ${await readApiKey(api)}` },
          signal,
        })
      : open;
  if (response.statusCode !== 200) {
    throw new Error(`/v1/models answered ${response.statusCode}`);
  }
  const body = (await json(response)) as { data?: { id: string }[] };
  return (body.data ?? []).map(({ id }) => id);
}

/** One request on a connection of its own. */
async function ask(
  api: ClusterApi,
  pod: string,
  question: { path: string; headers: Record<string, string>; signal: AbortSignal },
): Promise<IncomingMessage> {
  const connection = await api.connect(`${podPath(pod)}/portforward?ports=${serverPort}`);
  const { headers, ...rest } = question;
  return new Promise((answered, failed) => {
    request({
      ...rest,
      host: "127.0.0.1",
      headers: { ...headers, connection: "close" },
      createConnection: () => connection,
    })
      .once("response", (response) => {
        response.once("close", () => connection.destroy());
        answered(response);
      })
      .once("error", (error) => {
        connection.destroy();
        failed(error);
      })
      .end();
  });
}

/** The key that the server asks for, from the cluster itself. */
async function readApiKey(api: ClusterApi): Promise<string> {
  const { namespace, apiKeySecret } = names;
  const path = `/api/v1/namespaces/${namespace}/secrets/${apiKeySecret}`;
  const secret = await api.get<{ data?: Record<string, string> }>(path);
  return Buffer.from(secret?.data?.[secretKeys.apiKey] ?? "", "base64").toString();
}

/** The last lines that a container printed. */
export function readLog(api: ClusterApi, { pod, container, previous }: Log): Promise<string> {
  const query = new URLSearchParams({ container, previous: String(previous), tailLines: "200" });
  return api.text(`${podPath(pod)}/log?${query}`);
}
