/** Clients as people have them, through any drill: n8n's workflow, OpenAI's SDK, and streams by it. */
import { inClusterUrl, names } from "../../../stacks/vocabulary/names.ts";
import type { Request, Wanted } from "../../clients/index.ts";
import { host, type World } from "../world/index.ts";
import type { Drill, Finding } from "./drill.ts";

/** What a person enters in the SDK, of the gateway and of the server itself. */
export const baseUrls = { gateway: `https://${host}/v1`, service: `${inClusterUrl}/v1` } as const;

interface FallbackConfig {
  readonly data: { readonly FALLBACK_ROUTING_PATTERN: string };
}

/** One of each kind, and eight streams. */
async function everyKind({ api }: World): Promise<Wanted[]> {
  const path = `/api/v1/namespaces/${names.namespace}/configmaps/${names.fallbackConfig}`;
  const config = await api.get<FallbackConfig>(path);
  if (config === undefined) throw new Error(`there is no ConfigMap ${names.fallbackConfig}`);
  return [
    { kind: "n8n", at: config.data.FALLBACK_ROUTING_PATTERN, count: 1 },
    { kind: "sdk", at: baseUrls.gateway, count: 1 },
    { kind: "stream", at: baseUrls.gateway, count: 8 },
  ];
}

/** The same drill, gone through while they ask. */
export const used = (drill: Drill): Drill => ({
  ...drill,
  run: (world, form) => whileUsed(world, () => drill.run(world, form)),
});

/** Goes through a drill while they ask, and adds what became of their requests. @param judge finds more in these */
export async function whileUsed(
  world: World,
  drill: () => Promise<Finding[]>,
  judge: (requests: readonly Request[]) => Finding[] = () => [],
): Promise<Finding[]> {
  const clients = await world.clients(await everyKind(world));
  const findings = await drill().catch(async (error: unknown) => {
    await clients.stop().catch(() => {}); // what the drill ended with is the cause
    throw error;
  });
  const requests = await clients.stop();
  return [...findings, ...judge(requests), ...became(requests)];
}

/** @throws Error where a kind of client has asked nothing, and so shows nothing */
function became(requests: readonly Request[]): Finding[] {
  for (const kind of ["n8n", "sdk", "stream"] as const) {
    if (!requests.some((one) => one.kind === kind))
      throw new Error(`no request of the client ${kind} has ended`);
  }
  const count = (end: Request["end"]): number => requests.filter((one) => one.end === end).length;
  const of = "n8n's pattern, OpenAI's SDK and eight streams by it";
  return [
    { promise: `${of}: answered`, value: count("answered"), unit: "requests" },
    { promise: `${of}: told by an error`, value: count("error"), unit: "requests" },
    { promise: `${of}: lost without a word`, value: count("lost"), unit: "requests", atMost: 0 },
  ];
}
