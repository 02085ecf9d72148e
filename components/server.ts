import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { PodDisruptionBudget } from "@pulumi/kubernetes/policy/v1/podDisruptionBudget.js";
import { ComponentResource, type ComponentResourceOptions, type Input, type Resource } from "@pulumi/pulumi";
import type { LiveValues } from "../stacks/manifests/index.ts";
import { deployment, disruptionBudget, service } from "../stacks/manifests/server.ts";
import type { Plan } from "../stacks/plan/index.ts";
import type { ObjectOptions } from "./object-options.ts";

export interface ServerArgs extends Pick<LiveValues<Input<string>>, "secretsChecksum" | "switchNumber"> {
  /** What the mode declares. Plain, because it decides what the pod consists of. */
  plan: Plan;
  /** Options of each object. */
  object: ObjectOptions;
  /** What the pod needs besides. */
  needed: readonly Resource[];
}

/** The vLLM server: its Deployment, the Service that clients use, and a PodDisruptionBudget that lets a drain evict the pod. */
export class Server extends ComponentResource {
  /** Deployment `vllm-server`. */
  readonly deployment: Deployment;
  /** Service `vllm-api`. */
  readonly service: Service;

  constructor(
    name: string,
    { plan, object, needed, ...live }: ServerArgs,
    options: ComponentResourceOptions = {},
  ) {
    super("vllm-platform:index:Server", name, {}, options);
    const child = { ...object, parent: this };
    this.deployment = new Deployment(`${name}-deployment`, deployment(plan, live), {
      ...child,
      dependsOn: [...child.dependsOn, ...needed],
    });
    this.service = new Service(`${name}-service`, service(), child);
    new PodDisruptionBudget(`${name}-disruption-budget`, disruptionBudget(), child);
    this.registerOutputs({});
  }
}
