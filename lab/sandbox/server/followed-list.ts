/**
 * A list of the cluster's objects that is kept current. The official client can do this too, and loading it takes longer than all else
 * of the daemon's start.
 */
import type { IncomingMessage } from "node:http";
import { Agent, get, type RequestOptions } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { textUpTo } from "../../../cluster/api/body.ts";
import type { Access } from "../../../cluster/api/kubeconfig.ts";

/** What an object is told by. */
export interface Named {
  readonly metadata?: { readonly uid?: string };
}

interface List<T> {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly T[];
}

interface WatchEvent<T> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "ERROR";
  readonly object: T;
}

/** Before a list that could not be had, or whose watch has ended, is asked for anew; in milliseconds. */
const pauseMs = 1000;

/** The most that is read of one list, in bytes. */
const mostBytes = 64 * 1024 ** 2;

/**
 * Follows a list for as long as this process runs. A list that cannot be had is empty, or as it was, until it can.
 * @param access with a TLS address, as a sandbox has it
 * @param changed is called after each change, also after the first list
 * @returns once the list has been asked for, whatever came of it: the objects as they are at each moment, their times as text
 */
export async function followList<T extends Named>(
  access: Access,
  path: string,
  query: Readonly<Record<string, string>>,
  changed: () => void,
): Promise<() => readonly T[]> {
  const agent = new Agent({ keepAlive: true });
  const objects = new Map<string | undefined, T>();
  const read = async (more: Readonly<Record<string, string>> = {}): Promise<IncomingMessage> =>
    answerOf({
      ...(await access.options()),
      ...{ agent, host: access.server.hostname, port: access.server.port },
      path: `${path}?${new URLSearchParams({ ...query, ...more })}`,
    });
  const readAll = async (): Promise<string> => {
    const { metadata, items } = JSON.parse(await textUpTo(mostBytes, await read())) as List<T>;
    objects.clear();
    for (const item of items) objects.set(item.metadata?.uid, item);
    changed();
    return metadata.resourceVersion;
  };
  const watch = async (resourceVersion: string): Promise<void> => {
    for await (const line of linesOf(await read({ watch: "1", resourceVersion }))) {
      const { type, object } = JSON.parse(line) as WatchEvent<T>;
      if (type === "ERROR") return; // it is too far behind
      if (type === "DELETED") objects.delete(object.metadata?.uid);
      else objects.set(object.metadata?.uid, object);
      changed();
    }
  };
  const ofFirst = readAll();
  const keepCurrent = async (): Promise<void> => {
    for (let version = ofFirst; ; version = readAll()) {
      // An API server that ends or restarts; the next list tells what was missed.
      await version.then(watch).catch(() => {});
      await sleep(pauseMs);
    }
  };
  void keepCurrent();
  await ofFirst.catch(() => {});
  return () => [...objects.values()];
}

/** @throws Error where the answer is not what was asked for */
async function answerOf(options: RequestOptions): Promise<IncomingMessage> {
  const answer = await new Promise<IncomingMessage>((answered, failed) => {
    get(options, answered).once("error", failed);
  });
  if (answer.statusCode === 200) return answer;
  answer.resume();
  throw new Error(`the API server answers ${answer.statusCode}`);
}

async function* linesOf(stream: IncomingMessage): AsyncGenerator<string> {
  stream.setEncoding("utf8");
  let rest = "";
  for await (const part of stream as AsyncIterable<string>) {
    const lines = `${rest}${part}`.split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
