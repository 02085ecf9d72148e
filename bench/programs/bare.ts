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

interface Recorded {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

type Constructor = new (name: string, inputs: never, options: CustomResourceOptions) => Resource;

const classes: Record<string, Constructor> = {
  "kubernetes:apps/v1:Deployment": Deployment,
  "kubernetes:core/v1:ConfigMap": ConfigMap,
  "kubernetes:core/v1:Namespace": Namespace,
  "kubernetes:core/v1:Service": Service,
  "kubernetes:networking.k8s.io/v1:NetworkPolicy": NetworkPolicy,
  "kubernetes:policy/v1:PodDisruptionBudget": PodDisruptionBudget,
};

const recorded = JSON.parse(
  readFileSync(`${process.env.BENCH_RECORDED}/${getStack()}.json`, "utf8"),
) as Recorded[];
const provider = new Provider("cluster", {
  kubeconfig: process.env.VLLM_PLATFORM_KUBECONFIG ?? "",
  context: process.env.VLLM_PLATFORM_CONTEXT ?? "",
  clusterIdentifier: "bench",
  enableServerSideApply: true,
  enableConfigMapMutable: true,
});
const objects = recorded.filter(({ type }) => type.startsWith("kubernetes:"));
const namespace = objects.find(({ type }) => type.endsWith(":Namespace"));
const first = namespace === undefined ? [] : [declare(namespace, { provider })];
const others = objects
  .filter((one) => one !== namespace)
  .map((one) => declare(one, { provider, dependsOn: first }));
for (const { name } of recorded.filter(({ type }) => type === "command:local:Command")) {
  new Command(name, { create: "true" }, { dependsOn: others });
}

function declare({ type, name, inputs }: Recorded, options: CustomResourceOptions): Resource {
  const Class: Constructor = classes[type] ?? CustomResource;
  return new Class(name, inputs as never, options);
}
