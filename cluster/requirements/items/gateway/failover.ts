import type { Requirement } from "../requirement.ts";

interface Schema {
  properties?: Record<string, Schema>;
}

interface Schemas {
  components?: { schemas?: Record<string, Schema> };
}

/** Everybody who has logged in may read it; the definitions themselves take more rights. */
const path = "/openapi/v3/apis/traefik.io/v1alpha1";

/** Whether the cluster's TraefikService can fail over: an API server drops a field that its definition does not know. */
export const failover: Requirement = {
  item: "Traefik's failover",
  concerns: ({ gateway }) => gateway !== undefined,
  paths: () => [path],
  byHand: "kubectl explain traefikservice.spec.failover",
  judge(_plan, read) {
    const schemas = Object.entries(read<Schemas>(path)?.components?.schemas ?? {});
    const [, service] = schemas.find(([name]) => name.endsWith(".TraefikService")) ?? [];
    if (service === undefined) {
      return { state: "unknown", found: "not to be told without Traefik's definitions" };
    }
    return service.properties?.spec?.properties?.failover !== undefined
      ? { state: "ok", found: "the cluster's TraefikService has it" }
      : {
          state: "fault",
          found: "the cluster's TraefikService has no failover, which came with Traefik 3.7",
          fix: "Update k3s to 1.34.9, 1.35.6, 1.36.2 or newer, which bring it (a Traefik of your own: its definitions, too), or set gateway.enabled: false",
        };
  },
};
