import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import { CronJob } from "@pulumi/kubernetes/batch/v1/cronJob.js";
import { PersistentVolumeClaim } from "@pulumi/kubernetes/core/v1/persistentVolumeClaim.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import { ComponentResource, type ComponentResourceOptions } from "@pulumi/pulumi";
import * as manifests from "../stacks/manifests/ollama.ts";
import type { Plan } from "../stacks/plan/index.ts";
import type { ObjectOptions } from "./object-options.ts";

export interface OllamaArgs {
  /** What every mode declares. Plain, because it decides which of the objects there are. */
  plan: Plan;
  /** Options of each object. */
  object: ObjectOptions;
}

/** An Ollama of the platform's own on the CPU, and what keeps Ollama's model `default` made: each where it is asked for. */
export class Ollama extends ComponentResource {
  constructor(name: string, { plan, object }: OllamaArgs, options: ComponentResourceOptions = {}) {
    super("vllm-platform:index:Ollama", name, {}, options);
    const { ollama, defaultModel } = plan;
    const child = { ...object, parent: this };
    if (ollama !== undefined) {
      const volume =
        ollama.storage.kind === "claim"
          ? [
              new PersistentVolumeClaim(`${name}-volume`, manifests.volume(ollama.storage), {
                ...child,
                // Kubernetes never changes them, and would have the volume made anew.
                ignoreChanges: ["spec.storageClassName", "spec.accessModes"],
              }),
            ]
          : [];
      const fence = new NetworkPolicy(`${name}-fence`, manifests.networkPolicy(plan), child);
      new Deployment(`${name}-deployment`, manifests.deployment(ollama), {
        ...child,
        dependsOn: [...child.dependsOn, fence, ...volume],
      });
      new Service(`${name}-service`, manifests.service(), child);
    }
    if (defaultModel !== undefined) {
      new CronJob(`${name}-default-model`, manifests.defaultModelJob(defaultModel), child);
    }
    this.registerOutputs({});
  }
}
