/**
 * The platform as Pulumi resources: one ComponentResource a concept, thin over the plan of `stacks/`.
 * Names of children are a contract with existing states: `<name>-<part>`; a rename needs an alias.
 */
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import { ComponentResource, type ComponentResourceOptions, type Output } from "@pulumi/pulumi";
import type { Connection } from "../cluster/connection.ts";
import { inClusterUrl, names } from "../stacks/names.ts";
import type { Plan } from "../stacks/plan.ts";
import { networkPolicySpec } from "./fence.ts";
import { commonLabels, objectMetadata, takeoverAnnotations } from "./metadata.ts";
import { clusterProvider } from "./provider.ts";
import { PublicRoute } from "./public-route.ts";
import { served } from "./served.ts";
import { Server } from "./server.ts";

export interface VllmPlatformArgs {
  /** What the mode declares. Plain, because it decides which resources exist. */
  plan: Plan;
  /** The cluster that it is declared in. */
  connection: Connection;
}

/** Everything that a mode declares, in one cluster. */
export class VllmPlatform extends ComponentResource {
  /** URL of the server from outside the cluster; inside it where there is no public route. */
  readonly endpoint: string;
  /** URL of the server for clients inside the cluster. */
  readonly inClusterUrl: string;
  /** What the wait at the end of the update saw, in one line. */
  readonly status: Output<string>;

  constructor(name: string, args: VllmPlatformArgs, options: ComponentResourceOptions = {}) {
    super("vllm-platform:index:VllmPlatform", name, {}, options);
    const { plan, connection } = args;
    const provider = clusterProvider(`${name}-cluster`, connection);
    const child = { parent: this, provider };

    const namespace = new Namespace(
      `${name}-namespace`,
      {
        metadata: {
          name: names.namespace,
          labels: commonLabels("namespace"),
          annotations: takeoverAnnotations,
        },
      },
      // Ollama and others live there too.
      { ...child, retainOnDelete: true },
    );
    const inside = { ...child, dependsOn: [namespace] };

    const fallback = new ConfigMap(
      `${name}-fallback`,
      { metadata: objectMetadata(names.fallbackConfig, "fallback"), data: plan.fallback },
      inside,
    );
    const fence = new NetworkPolicy(
      `${name}-fence`,
      { metadata: objectMetadata(names.networkPolicy, "llm-inference"), spec: networkPolicySpec(plan) },
      inside,
    );
    const server = new Server(
      `${name}-server`,
      { plan },
      { parent: this, providers: [provider], dependsOn: [namespace, fence] },
    );
    const route =
      plan.route === undefined
        ? []
        : [
            new PublicRoute(
              `${name}-route`,
              { route: plan.route },
              { parent: this, providers: [provider], dependsOn: [namespace] },
            ),
          ];

    const wait = served(
      `${name}-served`,
      { plan, server },
      { parent: this, dependsOn: [fallback, fence, server, ...route] },
    );

    this.endpoint = plan.route === undefined ? inClusterUrl : `https://${plan.route.host}`;
    this.inClusterUrl = inClusterUrl;
    this.status = wait.stdout;
    this.registerOutputs({ endpoint: this.endpoint, inClusterUrl: this.inClusterUrl, status: this.status });
  }
}
