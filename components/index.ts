/**
 * The platform as Pulumi resources: one ComponentResource a concept, thin over the plan of `stacks/`.
 * Names of children are a contract with existing states: `<name>-<part>`; a rename needs an alias.
 */
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import { ComponentResource, type ComponentResourceOptions, type Input, type Output } from "@pulumi/pulumi";
import type { Connection } from "../cluster/connection.ts";
import type { Survey } from "../cluster/survey.ts";
import { inClusterUrl, names } from "../stacks/names.ts";
import type { Plan } from "../stacks/plan.ts";
import { networkPolicySpec } from "./fence.ts";
import { commonLabels, objectMetadata, takeoverAnnotations } from "./metadata.ts";
import { modelCacheClaim } from "./model-cache.ts";
import { nodeCheck } from "./node-check.ts";
import { Ownership } from "./ownership.ts";
import { clusterProvider } from "./provider.ts";
import { PublicRoute } from "./public-route.ts";
import { apiKeySecret, huggingFaceSecret, secretsChecksum } from "./secrets.ts";
import { served } from "./served.ts";
import { Server } from "./server.ts";

export interface VllmPlatformArgs {
  /** What the mode declares. Plain, because it decides which resources exist. */
  plan: Plan;
  /** The cluster that it is declared in. */
  connection: Connection;
  /**
   * What the cluster holds and who has the GPU, by which the stack claims it.
   * @default none: nothing is claimed nor guarded, as where manifests are only rendered
   */
  survey?: Survey;
  /**
   * Token for Hugging Face, where the plan takes it from the configuration.
   * @default none
   */
  huggingFaceToken?: Input<string>;
  /**
   * Private key of the user of `gpuNode.ssh`, where the plan takes it from the configuration.
   * @default none
   */
  sshKey?: Input<string>;
}

/** Everything that a mode declares, in one cluster. */
export class VllmPlatform extends ComponentResource {
  /** URL of the server from outside the cluster; inside it where there is no public route. */
  readonly endpoint: string;
  /** URL of the server for clients inside the cluster. */
  readonly inClusterUrl: string;
  /** The key that clients must send, where the plan asks for one. A Pulumi secret. */
  readonly apiKey: Output<string> | undefined;
  /** What the check of the GPU node saw, in one line; none where the mode needs no node, or nothing is claimed. */
  readonly node: Output<string> | undefined;
  /** What the wait at the end of the update saw, in one line. */
  readonly status: Output<string>;

  constructor(name: string, args: VllmPlatformArgs, options: ComponentResourceOptions = {}) {
    const { plan, connection, survey } = args;
    const ownership = survey === undefined ? undefined : new Ownership(plan, survey);
    super("vllm-platform:index:VllmPlatform", name, {}, ownership?.onAll(options) ?? options);
    const provider = clusterProvider(`${name}-cluster`, connection);
    const child = { parent: this, provider };

    const check =
      survey === undefined || !plan.serves
        ? undefined
        : nodeCheck(
            `${name}-node-check`,
            { plan, claim: survey.claim, sshKey: args.sshKey },
            { parent: this },
          );
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
      { ...child, retainOnDelete: true, dependsOn: check === undefined ? [] : [check] },
    );
    const inside = { ...child, dependsOn: [namespace] };
    ownership?.declare(name, inside);

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
    const apiKey = plan.apiKey
      ? apiKeySecret(`${name}-api-key`, { live: survey?.liveApiKey }, inside)
      : undefined;
    const token =
      plan.huggingFace?.kind === "token" && args.huggingFaceToken !== undefined
        ? huggingFaceSecret(`${name}-hugging-face`, { token: args.huggingFaceToken }, inside)
        : undefined;
    const cache =
      plan.cache.kind === "claim" ? modelCacheClaim(`${name}-cache`, plan.cache, inside) : undefined;
    const needed = [apiKey?.secret, token, cache].filter((part) => part !== undefined);
    const secretValues = [apiKey?.key, token && args.huggingFaceToken].filter((value) => value !== undefined);
    const server = new Server(
      `${name}-server`,
      {
        plan,
        ...(secretValues.length === 0 ? {} : { secretsChecksum: secretsChecksum(secretValues) }),
        ...(survey === undefined ? {} : { switchNumber: survey.claim.switchNumber }),
      },
      { parent: this, providers: [provider], dependsOn: [namespace, fence, ...needed] },
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

    const objects = [namespace, fallback, fence, server, ...needed, ...route];
    ownership?.guard(name, objects, { parent: this });
    const wait = served(
      `${name}-served`,
      {
        plan,
        generation: ownership?.generation(server.deployment) ?? server.deployment.metadata.generation,
        ...(survey === undefined ? {} : { switchNumber: survey.claim.switchNumber }),
      },
      { parent: this, dependsOn: objects },
    );

    this.endpoint = plan.route === undefined ? inClusterUrl : `https://${plan.route.host}`;
    this.inClusterUrl = inClusterUrl;
    this.apiKey = apiKey?.key;
    this.node = check?.stdout;
    this.status = wait.stdout;
    this.registerOutputs({ endpoint: this.endpoint, inClusterUrl: this.inClusterUrl, status: this.status });
  }
}
