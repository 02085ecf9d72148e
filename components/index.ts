/**
 * The platform as Pulumi resources: one ComponentResource a concept, thin over the plan of `stacks/`.
 * Names of children are a contract with existing states: `<name>-<part>`; a rename needs an alias.
 */
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import { ComponentResource, type ComponentResourceOptions, type Input, type Output } from "@pulumi/pulumi";
import type { Connection } from "../cluster/api/connection.ts";
import type { Identity } from "../cluster/claim/identity.ts";
import { claimData } from "../cluster/claim/index.ts";
import type { Survey } from "../cluster/survey/index.ts";
import * as manifests from "../stacks/manifests/config-maps.ts";
import { namespace as namespaceManifest } from "../stacks/manifests/namespace.ts";
import { networkPolicy } from "../stacks/manifests/network-policy.ts";
import type { Plan } from "../stacks/plan/index.ts";
import { inClusterUrl } from "../stacks/vocabulary/names.ts";
import { Gateway } from "./gateway.ts";
import { modelVolume } from "./model-volume.ts";
import { nodeCheck } from "./node-check.ts";
import type { ObjectOptions } from "./object-options.ts";
import { Ollama } from "./ollama.ts";
import { adoption, generationAfter, guard, removal, tidy } from "./ownership.ts";
import { clusterProvider } from "./provider.ts";
import { PublicRoute } from "./public-route.ts";
import { apiKeySecret, huggingFaceSecret, secretsChecksum } from "./secrets.ts";
import { served } from "./served.ts";
import { Server } from "./server.ts";

export { stackIdentity } from "./identity.ts";

export interface VllmPlatformArgs {
  /** What the mode declares. Plain, because it decides which resources exist. */
  plan: Plan;
  /** The cluster that it is declared in. */
  connection: Connection;
  /** What the cluster holds and who has the GPU, by which the stack claims it. */
  survey: Survey;
  /** What the stack's state remembers of itself. */
  identity: Identity;
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
    super("vllm-platform:index:VllmPlatform", name, {}, options);
    const { plan, connection, survey } = args;
    const { switchNumber } = survey.claim;
    const local = { parent: this };

    const check = plan.serves
      ? nodeCheck(`${name}-node-check`, { plan, claim: survey.claim, sshKey: args.sshKey }, local)
      : undefined;
    // Before the first object and after the last, so that no state has objects which nothing would remove.
    const owner = removal(name, args, { ...local, dependsOn: check === undefined ? [] : [check] });
    const object: ObjectOptions & { parent: ComponentResource } = {
      parent: this,
      provider: clusterProvider(`${name}-cluster`, connection),
      retainOnDelete: true,
      dependsOn: [owner],
    };
    const namespace = new Namespace(`${name}-namespace`, namespaceManifest(), object);
    const claim = new ConfigMap(`${name}-claim`, manifests.claim(claimData(survey.claim)), {
      ...object,
      dependsOn: [namespace],
    });
    const adopted = adoption(name, args, { ...local, dependsOn: [claim] });
    const owned = { ...object, dependsOn: [claim, adopted] };

    const fallback = new ConfigMap(`${name}-fallback`, manifests.fallback(plan), owned);
    const fence = new NetworkPolicy(`${name}-fence`, networkPolicy(plan), owned);
    const secretOptions = { object: owned, local: { ...local, dependsOn: [claim, adopted] } };
    const apiKey = plan.apiKey
      ? apiKeySecret(`${name}-api-key`, { live: survey.liveApiKey }, secretOptions)
      : undefined;
    const token =
      plan.huggingFace?.kind === "token" && args.huggingFaceToken !== undefined
        ? huggingFaceSecret(`${name}-hugging-face`, { token: args.huggingFaceToken }, secretOptions)
        : undefined;
    const cache =
      plan.cache.kind === "claim" ? modelVolume(`${name}-cache`, plan.cache, survey, owned) : undefined;
    const needed = [apiKey?.secret, token, cache].filter((part) => part !== undefined);
    const secretValues = [apiKey?.key, token && args.huggingFaceToken].filter((value) => value !== undefined);
    const server = new Server(
      `${name}-server`,
      {
        plan,
        switchNumber,
        ...(secretValues.length === 0 ? {} : { secretsChecksum: secretsChecksum(secretValues) }),
        object: owned,
        needed: [fence, ...needed],
      },
      local,
    );
    const route =
      plan.route === undefined
        ? []
        : [new PublicRoute(`${name}-route`, { route: plan.route, object: owned }, local)];
    const gateway =
      plan.gateway === undefined
        ? []
        : [new Gateway(`${name}-gateway`, { gateway: plan.gateway, object: owned }, local)];
    const ollama =
      plan.ollama === undefined && plan.defaultModel === undefined
        ? []
        : [new Ollama(`${name}-ollama`, { plan, object: owned }, local)];

    const objects = [fallback, fence, server, ...needed, ...route, ...gateway, ...ollama];
    const tidied = tidy(name, args, { ...local, dependsOn: objects });
    guard(name, args, { ...local, dependsOn: [...objects, tidied] });
    const wait = served(
      `${name}-served`,
      {
        plan,
        uid: server.deployment.metadata.uid,
        generation: generationAfter(args, adopted, server.deployment),
        switchNumber,
      },
      { ...local, dependsOn: objects },
    );

    this.endpoint = plan.route === undefined ? inClusterUrl : `https://${plan.route.host}`;
    this.inClusterUrl = inClusterUrl;
    this.apiKey = apiKey?.key;
    this.node = check?.stdout;
    this.status = wait.stdout;
    this.registerOutputs({ endpoint: this.endpoint, inClusterUrl: this.inClusterUrl, status: this.status });
  }
}
