/** The gateway, where a mode has one: whether it leads to this cluster, and who answers there. */
import type { ClusterApi } from "../../cluster/api/index.ts";
import type { Plan } from "../../stacks/plan/index.ts";
import { names } from "../../stacks/vocabulary/names.ts";
import { type Check, judge, orWhy } from "./base/report.ts";
import { type GatewaySubject, gateway, type ServedBy } from "./checks/gateway.ts";
import { examineHost } from "./checks/host.ts";
import { certificateEnd, httpsWay, keyOf } from "./ways.ts";

/**
 * @param key of the server, where it asks for one
 * @returns no check for a mode without a gateway
 */
export async function verifyGateway(
  api: ClusterApi,
  { plan, key, expected, signal }: { plan: Plan; key: unknown; expected: ServedBy; signal: AbortSignal },
): Promise<Check[]> {
  const subject = await gatewayOf(api, plan, key, signal);
  return subject === undefined ? [] : [await judge("gateway", signal, () => gateway(subject, expected))];
}

/** The gateway, where the mode has one that is reached from here and leads to this cluster. */
export async function reachedGateway(
  api: ClusterApi,
  plan: Plan,
  signal: AbortSignal,
): Promise<GatewaySubject | undefined> {
  const subject = await gatewayOf(api, plan, await keyOf(plan, api), signal);
  const examined = subject && (await orWhy(signal, examineHost(subject)));
  return examined instanceof Error || examined?.stranger !== undefined ? undefined : subject;
}

async function gatewayOf(
  api: ClusterApi,
  { gateway: plan }: Plan,
  key: unknown,
  signal: AbortSignal,
): Promise<GatewaySubject | undefined> {
  return plan === undefined
    ? undefined
    : {
        way: httpsWay(plan.host),
        notAfter: await certificateEnd(api, names.gatewayCertificate),
        now: new Date(),
        headers: typeof key === "string" ? { authorization: `Bearer ${key}` } : {},
        signal,
      };
}
