import { createServer } from "node:net";
import { CoreV1Api, type KubeConfig, PortForward } from "@kubernetes/client-node";
import { names, secretKeys, serverPort } from "../stacks/names.ts";
import type { Log } from "./diagnosis.ts";

/** How long one question to the server may take, in milliseconds: the clients' own health timeout. */
const answerWithinMs = 5000;

/**
 * The model names that the server in a pod answers to, asked through the API server's port-forward, so that it
 * works from wherever the cluster can be reached. Rejects where the server does not answer in time.
 */
export async function readServedNames(config: KubeConfig, pod: string): Promise<string[]> {
  const forward = new PortForward(config);
  const listener = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    forward
      .portForward(names.namespace, pod, [serverPort], socket, null, socket)
      .catch(() => socket.destroy());
  });
  await new Promise<void>((listening) => listener.listen(0, "127.0.0.1", listening));
  try {
    const address = listener.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const ask = (headers: Record<string, string>) =>
      fetch(`http://127.0.0.1:${port}/v1/models`, {
        headers: { connection: "close", ...headers },
        signal: AbortSignal.timeout(answerWithinMs),
      });
    const open = await ask({});
    const response =
      open.status === 401 ? await ask({ authorization: `Bearer ${await readApiKey(config)}` }) : open;
    if (!response.ok) {
      throw new Error(`/v1/models answered ${response.status}`);
    }
    const body = (await response.json()) as { data?: { id: string }[] };
    return (body.data ?? []).map(({ id }) => id);
  } finally {
    listener.close();
  }
}

/** The key that the server asks for, from the cluster itself. */
async function readApiKey(config: KubeConfig): Promise<string> {
  const { namespace, apiKeySecret: name } = names;
  const secret = await config.makeApiClient(CoreV1Api).readNamespacedSecret({ namespace, name });
  return Buffer.from(secret.data?.[secretKeys.apiKey] ?? "", "base64").toString();
}

/** The last lines that a container printed. */
export async function readLog(config: KubeConfig, { pod, container, previous }: Log): Promise<string> {
  const core = config.makeApiClient(CoreV1Api);
  const { namespace } = names;
  return (
    (await core.readNamespacedPodLog({ name: pod, namespace, container, previous, tailLines: 200 })) ?? ""
  );
}
