import type { Plan } from "../../../../stacks/plan/index.ts";
import { names } from "../../../../stacks/vocabulary/names.ts";
import { apiKeyObject, objectPath } from "../../../../stacks/vocabulary/objects.ts";
import { heldKey } from "../../../server/api-key.ts";
import type { Requirement } from "../requirement.ts";
import { traefikLabel as label, traefikServicesPath as path } from "../traefik-objects.ts";
import { hasWayIn, toClose } from "../ways-in.ts";

interface Service {
  metadata: { name: string };
  spec?: { type?: string; externalTrafficPolicy?: string };
}

const keyPath = objectPath(apiKeyObject);

/** Ways to a route that not everybody may use, wherever its address list admits everyone. */
const otherFence = (plan: Plan): string =>
  plan.gateway === undefined
    ? `ask for a key (\`apiKey: true\`), or close the route (\`${toClose(plan)}\`)`
    : // Ollama asks nobody for a key.
      `close every way in from outside (\`${toClose(plan)}\`)`;

/** Whether Traefik sees who asks; if not, the address list of the route compares an address of the cluster's own. */
export const clientAddresses: Requirement = {
  item: "client addresses",
  concerns: hasWayIn,
  paths: ({ apiKey }) => [path, ...(apiKey ? [keyPath] : [])],
  byHand: `kubectl get services -A -l ${label} -o jsonpath='{.items[*].spec.externalTrafficPolicy}'`,
  judge(plan, read) {
    const { apiKey, mode, gateway } = plan;
    const services = read<{ items: Service[] }>(path)?.items ?? [];
    const open = services.filter(({ spec }) => spec?.type === "LoadBalancer" || spec?.type === "NodePort");
    const [blind] = open.filter(({ spec }) => spec?.externalTrafficPolicy !== "Local");
    if (blind !== undefined) {
      const found = `Service ${blind.metadata.name} has externalTrafficPolicy Cluster, so Traefik does not see the clients' addresses and the address list admits everyone`;
      // Where there is no Secret yet, the next update makes one.
      const { fault } = apiKey ? heldKey(read(keyPath)) : {};
      if (fault !== undefined) {
        return {
          // No fault that would refuse an update: the next one sets a new key.
          state: "warning",
          found: `${found}, and Secret ${names.apiKeySecret} holds no usable key (${fault}) that would guard the route`,
          fix: `Run \`gpu-mode ${mode}\`, which sets a new key; clients need it`,
        };
      }
      if (apiKey && gateway !== undefined) {
        return {
          state: "warning",
          found: `${found}; the API key guards the server, and nothing guards Ollama behind the gateway`,
          fix: `Set externalTrafficPolicy: Local for it (SECURITY.md has the manifest for k3s), or do not rely on addresses: ${otherFence(plan)}`,
        };
      }
      return apiKey
        ? { state: "ok", found: `${found}; the API key guards the route` }
        : {
            state: "warning",
            found,
            fix: `Set externalTrafficPolicy: Local for it (SECURITY.md has the manifest for k3s), or do not rely on addresses: ${otherFence(plan)}`,
          };
    }
    if (open.length > 0) {
      return { state: "ok", found: `Service ${open[0]?.metadata.name} has externalTrafficPolicy Local` };
    }
    const [inner] = services;
    return inner === undefined
      ? {
          state: "unknown",
          found: `no Service of the cluster has Traefik's label ${label}, so which addresses are compared is not known`,
          fix: `Do not rely on addresses: ${otherFence(plan)}`,
        }
      : {
          state: "unknown",
          found: `Service ${inner.metadata.name} is of type ${inner.spec?.type ?? "ClusterIP"}, so what stands before Traefik decides which addresses it sees`,
          fix: `Do not rely on addresses: ${otherFence(plan)}`,
        };
  },
};
