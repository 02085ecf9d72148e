import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { PodDisruptionBudget } from "@pulumi/kubernetes/policy/v1/podDisruptionBudget.js";
import { ComponentResource, type ComponentResourceOptions, type Input } from "@pulumi/pulumi";
import { modeLabel, names, selectorLabels, serverPort, switchAnnotation } from "../stacks/names.ts";
import type { Plan } from "../stacks/plan.ts";
import { imagePullBudgetSeconds, smokeTestBudgetSeconds } from "../stacks/probes.ts";
import { objectMetadata } from "./metadata.ts";
import { podTemplate } from "./pod.ts";

/** The waiting is done by `Served`, which knows the reasons for a failure; the provider's own wait has no early end. */
const skipAwait = { "pulumi.com/skipAwait": "true" };

export interface ServerArgs {
  /** What the mode declares. Plain, because it decides what the pod consists of. */
  plan: Plan;
  /**
   * Changes when a Secret that the server reads at its start does, so that the pod starts anew.
   * @default none: the server reads no Secret
   */
  secretsChecksum?: Input<string>;
  /**
   * The claim's switch number, which the Deployment carries too.
   * @default none: nothing is claimed
   */
  switchNumber?: number;
}

/** The vLLM server: its Deployment, the Service that clients use, and leave for a drain to evict it. */
export class Server extends ComponentResource {
  /** Deployment `vllm-server`. */
  readonly deployment: Deployment;
  /** Service `vllm-api`. */
  readonly service: Service;

  constructor(name: string, args: ServerArgs, options: ComponentResourceOptions = {}) {
    super("vllm-platform:index:Server", name, {}, options);
    const { plan, secretsChecksum, switchNumber } = args;
    const { probes, smokeTest } = plan.server;
    const child = { parent: this };

    this.deployment = new Deployment(
      `${name}-deployment`,
      {
        metadata: objectMetadata(names.deployment, "llm-inference", {
          labels: { ...selectorLabels, [modeLabel]: plan.mode },
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
      },
      child,
    );

    this.service = new Service(
      `${name}-service`,
      {
        metadata: objectMetadata(names.service, "llm-inference", { annotations: skipAwait }),
        spec: {
          type: "ClusterIP",
          selector: selectorLabels,
          ports: [{ name: "http", port: serverPort, targetPort: "http", protocol: "TCP" }],
        },
      },
      child,
    );

    new PodDisruptionBudget(
      `${name}-disruption-budget`,
      {
        metadata: objectMetadata(names.disruptionBudget, "llm-inference"),
        spec: {
          minAvailable: 0,
          // Without it a pod that is loading or crashing blocks a drain.
          unhealthyPodEvictionPolicy: "AlwaysAllow",
          selector: { matchLabels: selectorLabels },
        },
      },
      child,
    );
    this.registerOutputs({});
  }
}
