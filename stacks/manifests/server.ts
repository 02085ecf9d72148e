/** The server's own objects: its Deployment, the Service that clients use, and a PodDisruptionBudget that lets a drain evict the pod. */

import type { Plan } from "../plan/index.ts";
import { imagePullBudgetSeconds, smokeTestBudgetSeconds } from "../plan/probes.ts";
import { modeLabel, names, selectorLabels, serverPort, switchAnnotation } from "../vocabulary/names.ts";
import type { LiveValues } from "./manifest.ts";
import { objectMetadata, serverLabels } from "./metadata.ts";
import { podTemplate } from "./pod.ts";

/** The command resource `served` waits: it knows the reasons for a failure, and the provider's own wait has no early end. */
const skipAwait = { "pulumi.com/skipAwait": "true" };

export function deployment<Late>(
  plan: Plan,
  { switchNumber, secretsChecksum }: Pick<LiveValues<Late>, "switchNumber" | "secretsChecksum"> = {},
) {
  const { probes, smokeTest } = plan.server;
  return {
    apiVersion: "apps/v1" as const,
    kind: "Deployment" as const,
    metadata: objectMetadata(names.deployment, "llm-inference", {
      labels: { ...serverLabels(plan), [modeLabel]: plan.mode },
      annotations: {
        ...skipAwait,
        ...(switchNumber === undefined ? {} : { [switchAnnotation]: String(switchNumber) }),
      },
    }),
    spec: {
      replicas: plan.replicas,
      revisionHistoryLimit: 2,
      progressDeadlineSeconds:
        imagePullBudgetSeconds + smokeTestBudgetSeconds(smokeTest) + probes.startupBudgetSeconds,
      // One GPU: the old pod must be gone before the new one can have it.
      strategy: { type: "Recreate" },
      // Never changes, in no mode: Kubernetes refuses to change it.
      selector: { matchLabels: selectorLabels },
      template: podTemplate(plan, secretsChecksum),
    },
  };
}

export function service() {
  return {
    apiVersion: "v1" as const,
    kind: "Service" as const,
    metadata: objectMetadata(names.service, "llm-inference", { annotations: skipAwait }),
    spec: {
      type: "ClusterIP",
      selector: selectorLabels,
      ports: [{ name: "http", port: serverPort, targetPort: "http", protocol: "TCP" }],
    },
  };
}

export function disruptionBudget() {
  return {
    apiVersion: "policy/v1" as const,
    kind: "PodDisruptionBudget" as const,
    metadata: objectMetadata(names.disruptionBudget, "llm-inference"),
    spec: {
      // It protects nothing and is not meant to: it says that this pod may always be evicted, whatever budgets others set.
      minAvailable: 0,
      // Without it a pod that is loading or crashing blocks a drain.
      unhealthyPodEvictionPolicy: "AlwaysAllow",
      selector: { matchLabels: selectorLabels },
    },
  };
}
