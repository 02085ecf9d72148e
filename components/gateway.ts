import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { ComponentResource, type ComponentResourceOptions, type Resource } from "@pulumi/pulumi";
import * as manifests from "../stacks/manifests/gateway.ts";
import type { GatewayPlan } from "../stacks/plan/gateway.ts";
import type { ObjectOptions } from "./object-options.ts";

export interface GatewayArgs {
  /** What every mode declares. */
  gateway: GatewayPlan;
  /** Options of each object. */
  object: ObjectOptions;
}

/** One way in for clients: Traefik asks the server first, and Ollama on the CPU while the GPU is away. */
export class Gateway extends ComponentResource {
  constructor(name: string, { gateway, object }: GatewayArgs, options: ComponentResourceOptions = {}) {
    super("vllm-platform:index:Gateway", name, {}, options);
    const child = { ...object, parent: this };
    const custom = (part: string, manifest: Parameters<typeof declare>[1], ...needed: Resource[]) =>
      declare(`${name}-${part}`, manifest, { ...child, dependsOn: [...child.dependsOn, ...needed] });

    custom("certificate", manifests.gatewayCertificate(gateway));
    // A route without its fence would let everyone in for a moment, and one that leads nowhere is a 404.
    const access = custom("access", manifests.access(gateway));
    const redirect = custom("redirect-middleware", manifests.redirect());
    const failover = custom(
      "failover",
      manifests.failover(gateway),
      custom("served-by-gpu", manifests.servedByGpu()),
      custom("gpu-errors", manifests.gpuErrors()),
      custom("served-by-cpu", manifests.servedByCpu()),
      custom("transport", manifests.transport()),
      new Service(`${name}-cpu`, manifests.cpuService(gateway), child),
    );
    custom("https", manifests.httpsRoute(gateway), access, failover);
    custom("http", manifests.httpRoute(gateway), access, redirect, failover);
    new Service(`${name}-in-cluster`, manifests.inClusterService(), child);
    this.registerOutputs({});
  }
}

function declare(...[name, manifest, options]: ConstructorParameters<typeof CustomResource>): CustomResource {
  return new CustomResource(name, manifest, options);
}
