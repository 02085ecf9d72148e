import { createServer } from "node:net";
import { type KubeConfig, PortForward } from "@kubernetes/client-node";
import { names, serverPort } from "../stacks/names.ts";

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
    const response = await fetch(`http://127.0.0.1:${port}/v1/models`, {
      headers: { connection: "close" },
      signal: AbortSignal.timeout(answerWithinMs),
    });
    if (!response.ok) {
      throw new Error(`/v1/models answered ${response.status}`);
    }
    const body = (await response.json()) as { data?: { id: string }[] };
    return (body.data ?? []).map(({ id }) => id);
  } finally {
    listener.close();
  }
}
