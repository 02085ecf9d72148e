/**
 * One connection to a port of a pod, through the API server, as `kubectl port-forward` has it: a WebSocket whose messages each
 * begin with the number of a channel. The official client can do this too, and loading it takes longer than all else that a
 * switch asks of the cluster.
 */
import type { IncomingMessage } from "node:http";
import type { RequestOptions } from "node:https";
import { Duplex } from "node:stream";
import WebSocket from "ws";
import { oneLine } from "../../system/terminal/foreign-text.ts";

/** The binary one of those that the API server and kubelets know for this. */
const protocol = "v4.channel.k8s.io";

/** Channels of the one port that is asked for. */
const channels = { data: 0, error: 1 } as const;

/** The words of `ws` for an opening that takes too long. */
const tooLate = "Opening handshake has timed out";

/** Each channel begins with the port's number, in two bytes. */
const portBytes = 2;

/**
 * Opens the connection.
 * @param url of the pod's subresource `portforward`, with the port.
 * @param options certificates, headers and the like.
 * @param withinMs how long the opening may take, in milliseconds.
 * @param refusal the error that an answer means which opens nothing.
 * Rejects where the API server refuses, or does not answer in time. What goes wrong at the pod's side later ends the connection
 * with an error.
 */
export function openPortForward(
  url: URL,
  options: RequestOptions,
  withinMs: number,
  refusal: (response: IncomingMessage) => Promise<Error>,
): Promise<Duplex> {
  const socket = new WebSocket(url, protocol, {
    ...(options as object), // which ws hands on to node:https
    handshakeTimeout: withinMs,
    perMessageDeflate: false,
  });
  const connection = new Duplex({
    read: () => socket.resume(),
    write: (bytes: Buffer, _encoding, done) =>
      socket.send(Buffer.concat([Buffer.of(channels.data), bytes]), done),
    destroy: (error, done) => {
      socket.terminate();
      done(error);
    },
  });
  const begun = new Set<number>();
  socket.on("message", (message: Buffer) => {
    const channel = message[0] ?? channels.error;
    const bytes = message.subarray(begun.has(channel) ? 1 : 1 + portBytes);
    begun.add(channel);
    if (bytes.length === 0) {
      return;
    }
    if (channel === channels.error) {
      // It may come along with the opening, before whoever waits for that can listen.
      setImmediate(() => connection.destroy(new Error(oneLine(bytes.toString()))));
    } else if (channel === channels.data && !connection.push(bytes)) {
      socket.pause();
    }
  });
  socket.on("close", () => connection.push(null));
  return new Promise((opened, failed) => {
    const fail = (error: Error): void => {
      failed(error);
      connection.destroy(error);
    };
    socket.once("open", () => opened(connection));
    socket.once("unexpected-response", (_request, response) => void refusal(response).then(fail, fail));
    // The API server waits for the pod's node, and says nothing as long as that does not.
    socket.on("error", (error) =>
      fail(
        error.message === tooLate
          ? new Error(`no way to it within ${withinMs / 1000} s; is its node on?`)
          : error,
      ),
    );
    // Whoever waits for the opening is told; afterwards it is the connection's reader who has to know.
    connection.once("error", () => {});
  });
}
