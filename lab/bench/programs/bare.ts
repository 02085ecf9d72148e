// What a person would write without components, checks and waits of their own: the same objects, providers and commands,
// one resource after the other. The objects come as JSON, so that they are those of the real mode.
import { readFileSync } from "node:fs";
import { Command } from "@pulumi/command/local/command.js";
import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import { PodDisruptionBudget } from "@pulumi/kubernetes/policy/v1/podDisruptionBudget.js";
import { Provider } from "@pulumi/kubernetes/provider.js";
import { type CustomResourceOptions, getStack, type Resource } from "@pulumi/pulumi";

interface Manifest {
  kind: string;
  metadata: { name: string };
}

type Constructor = new (name: string, manifest: never, options: CustomResourceOptions) => Resource;

const classes: Record<string, Constructor> = {
  Deployment,
  ConfigMap,
  Namespace,
  Service,
  NetworkPolicy,
  PodDisruptionBudget,
};

const objects = JSON.parse(
  readFileSync(`${process.env.BENCH_RECORDED}/${getStack()}.json`, "utf8"),
) as Manifest[];
const provider = new Provider("cluster", {
  kubeconfig: process.env.VLLM_PLATFORM_KUBECONFIG ?? "",
  context: process.env.VLLM_PLATFORM_CONTEXT ?? "",
  clusterIdentifier: "bench",
  enableServerSideApply: true,
  enableConfigMapMutable: true,
});
const namespace = objects.find(({ kind }) => kind === "Namespace");
const first = namespace === undefined ? [] : [declare(namespace, { provider })];
const others = objects
  .filter((one) => one !== namespace)
  .map((one) => declare(one, { provider, dependsOn: first }));
new Command("served", { create: "true" }, { dependsOn: others });

function declare(manifest: Manifest, options: CustomResourceOptions): Resource {
  const Class: Constructor = classes[manifest.kind] ?? CustomResource;
  return new Class(`${manifest.kind}-${manifest.metadata.name}`, manifest as never, options);
}
