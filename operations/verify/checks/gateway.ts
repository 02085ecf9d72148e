/** The gateway: that it leads to this cluster, and says by whom it was answered. */
import { ask, type Way } from "../../../cluster/server/ask.ts";
import { modelAlias, servedByHeader } from "../../../stacks/vocabulary/names.ts";
import { Skipped, Wrong } from "../base/report.ts";
import { examineHost, type Host } from "./host.ts";

/** Who answers: the server on the GPU, or Ollama on the CPU. */
export type ServedBy = "gpu" | "cpu";

export interface GatewaySubject extends Host {
  /** With the key, where one is asked for. The gateway keeps it from Ollama. */
  headers: Readonly<Record<string, string>>;
  signal: AbortSignal;
}

/** How long one answer may take, in milliseconds: Ollama may have to load its model first. */
const withinMs = 60_000;

/** @throws Skipped where the host is not reached, or is not known to be this cluster's; Wrong */
export async function gateway(subject: GatewaySubject, expected: ServedBy): Promise<string> {
  const { stranger } = await examineHost(subject);
  if (stranger !== undefined) {
    throw new Skipped(stranger);
  }
  const by = await servedBy(subject);
  if (by !== expected) {
    throw new Wrong(`${servedByHeader} is ${by ?? "missing"} and not ${expected}`);
  }
  return `${subject.way.name}: ${servedByHeader} ${by}`;
}

/** Who answers a chat there now. @throws Wrong where nobody does */
export async function servedBy({
  way,
  headers,
  signal,
}: Pick<GatewaySubject, "headers" | "signal"> & { way: Way }): Promise<string | undefined> {
  const body = { model: modelAlias, messages: [{ role: "user", content: "Say hello." }], max_tokens: 8 };
  const question = { path: "/v1/chat/completions", body, headers, withinMs, signal };
  return ask(way, question, async ({ status, headers: told }) => {
    if (status !== 200) {
      throw new Wrong(`it answers ${status} and not 200`);
    }
    return [told[servedByHeader]].flat()[0];
  });
}
