/** The server that is verified, and how it is asked. */
import {
  type Answer,
  ask,
  askText,
  isPrivate,
  NoAnswer,
  type Reply,
  type Way,
} from "../../../cluster/server/ask.ts";
import { letsIn } from "../../../stacks/plan/route.ts";
import type { Settings } from "../../../stacks/settings/index.ts";
import { Skipped, Wrong } from "./report.ts";

export interface Subject {
  /** The way that clients go, or the next best. */
  way: Way;
  /** A way around the public route, for what it does not let in; absent where there is none. */
  inner?: Way;
  /** The public route's settings, where the way is by it. */
  route?: Settings["route"];
  servedNames: readonly string[];
  /** Whether the mode has the server ask for a key. */
  asksForKey: boolean;
  /** The key; or why it is not sent, where one is asked for. */
  key: string | { why: string } | undefined;
  signal: AbortSignal;
  /** Where the model gave no answer in time: it is not asked again, as each answer might be waited for in vain. */
  unanswered?: string;
}

/** How long an answer without a model may take, in milliseconds: the clients' own health timeout. */
const quickMs = 5000;

/** How long an answer of the model may take, in milliseconds: some hundred tokens, behind others in a queue. */
const modelMs = 60_000;

/** Asks without the key, as anybody may. */
export function look(subject: Subject, path: string): Promise<Answer> {
  return askText(wayTo(subject, path), { path, withinMs: quickMs, signal: subject.signal });
}

/** Asks with the key where there is one. */
export function lookWithKey(subject: Subject, path: string): Promise<Answer> {
  const way = wayTo(subject, path);
  return askText(way, { path, withinMs: quickMs, headers: keyHeader(subject, way), signal: subject.signal });
}

/** Has the model answer. @param withinMs @default a minute. @throws Skipped where it gave no answer before */
export async function generate<Value>(
  subject: Subject,
  path: string,
  body: object,
  read: (reply: Reply) => Promise<Value>,
  withinMs = modelMs,
): Promise<Value> {
  if (subject.unanswered !== undefined) {
    throw new Skipped(`${subject.unanswered} had no answer in time, so the model is not asked again`);
  }
  const way = wayTo(subject, path);
  const question = { path, body, withinMs, headers: keyHeader(subject, way), signal: subject.signal };
  return ask(way, question, read).catch((error: unknown) => {
    if (error instanceof NoAnswer) {
      subject.unanswered = path;
    }
    throw error;
  });
}

/** The way for a path. @throws Skipped where none lets it in */
function wayTo({ way, inner, route }: Subject, path: string): Way {
  if (route === undefined || letsIn(route, { host: way.origin.hostname, path })) {
    return way;
  }
  if (inner === undefined) {
    throw new Skipped(`the route does not let ${path} in`);
  }
  return inner;
}

function keyHeader({ key }: Subject, way: Way): Record<string, string> {
  if (key === undefined) {
    return {};
  }
  if (typeof key !== "string") {
    throw new Skipped(key.why);
  }
  if (!isPrivate(way)) {
    throw new Skipped(`the key is not sent to ${way.origin.origin}, which everybody on the way could read`);
  }
  return { authorization: `Bearer ${key}` };
}

/** @throws Wrong for another status or another type of content */
export function expectReply(
  { status, headers }: Pick<Reply, "status" | "headers">,
  wanted: { status?: number; type?: string },
): void {
  const { status: code = 200, type } = wanted;
  if (status !== code) {
    throw new Wrong(`it answers ${status} and not ${code}`);
  }
  const found = (headers["content-type"] ?? "none").split(";")[0]?.trim().toLowerCase();
  if (type !== undefined && found !== type) {
    throw new Wrong(`its content type is ${found} and not ${type}`);
  }
}
