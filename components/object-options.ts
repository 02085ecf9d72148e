import type { ProviderResource, Resource } from "@pulumi/pulumi";

/** Options of every Kubernetes object of the platform. */
export interface ObjectOptions {
  provider: ProviderResource;
  /** The engine deletes none of them: every stack declares the same ones, and the resource `removal` knows whose they are. */
  retainOnDelete: true;
  dependsOn: Resource[];
}
