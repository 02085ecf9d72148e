/** What answers without a model: health, the names, the pages, and the refusal of who shows no key. */
import { jsonOf } from "../../../cluster/server/ask.ts";
import { oneLine } from "../../../system/terminal/foreign-text.ts";
import { Skipped, Wrong } from "../base/report.ts";
import { expectReply, look, lookWithKey, type Subject } from "../base/subject.ts";

export async function health(subject: Subject): Promise<string> {
  expectReply(await look(subject, "/health"), {});
  return "200";
}

/** Each name that the mode promises; more may be served. */
export async function models(subject: Subject): Promise<string> {
  const answer = await lookWithKey(subject, "/v1/models");
  expectReply(answer, { type: "application/json" });
  const { data } = (jsonOf(answer.text) ?? {}) as { data?: unknown };
  if (!Array.isArray(data)) {
    throw new Wrong("it lists no models");
  }
  const found = data.map((one: { id?: unknown } | null) => oneLine(String(one?.id)));
  const missing = subject.servedNames.filter((name) => !found.includes(name));
  if (missing.length > 0) {
    throw new Wrong(`${missing.join(", ")} is missing; it answers to ${found.join(", ") || "no name"}`);
  }
  return found.join(", ");
}

export async function docs(subject: Subject): Promise<string> {
  expectReply(await look(subject, "/docs"), { type: "text/html" });
  return "200, a page";
}

/** Neither the names nor the model without a key. */
export async function key(subject: Subject): Promise<string> {
  if (!subject.asksForKey) {
    throw new Skipped("the mode asks for no key (apiKey)");
  }
  const { status } = await look(subject, "/v1/models");
  if (status !== 401) {
    throw new Wrong(`/v1/models answers ${status} and not 401 to who shows no key`);
  }
  return "401 without the key";
}
