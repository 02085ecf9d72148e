import { runtime } from "@pulumi/pulumi";
import { names } from "../stacks/names.ts";
import type { Plan } from "../stacks/plan.ts";
import { VllmPlatform } from "./index.ts";

/** A Kubernetes object as it is sent to the API server. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
  [field: string]: unknown;
}

/** Order in which a person, or a server-side apply from nothing, wants the kinds. */
const kindOrder = [
  "Namespace",
  "PersistentVolumeClaim",
  "Secret",
  "ConfigMap",
  "NetworkPolicy",
  "Deployment",
];

/** A resource as the engine is asked for it. */
export interface RecordedResource {
  /** Pulumi's type token. */
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

/**
 * Every resource that a plan declares, taken from the very components that `pulumi up` runs, without an engine and
 * without a cluster. What only a cluster can tell (a generated key, a resource version) is absent.
 *
 * Replaces the process's Pulumi runtime, so it is for programs of their own and for tests.
 */
export async function recordResources(plan: Plan): Promise<RecordedResource[]> {
  const recorded: RecordedResource[] = [];
  await runtime.setMocks(
    {
      newResource({ type, name, inputs }) {
        recorded.push({ type, name, inputs });
        return { id: `${name}-id`, state: inputs };
      },
      call: () => ({}),
    },
    "vllm-platform",
    plan.mode,
    false,
  );
  new VllmPlatform("vllm", {
    plan,
    connection: { kubeconfig: "none", context: "none", identifier: names.namespace },
  });
  // Waits for every registration that the components have begun.
  await runtime.disconnect();
  return recorded;
}

/** The Kubernetes objects that a plan declares. Values of Secrets are left out unless `secretValues` asks for them. */
export async function manifestsOf(
  plan: Plan,
  { secretValues = false }: { secretValues?: boolean } = {},
): Promise<Manifest[]> {
  const resources = await recordResources(plan);
  return resources
    .filter(({ type }) => type.startsWith("kubernetes:"))
    .map(({ inputs }) => withoutValues(inputs as Manifest, secretValues))
    .sort(byKindAndName);
}

function withoutValues(manifest: Manifest, secretValues: boolean): Manifest {
  if (manifest.kind !== "Secret" || secretValues) {
    return manifest;
  }
  const { data: _, stringData: __, ...rest } = manifest;
  return rest as Manifest;
}

function byKindAndName(a: Manifest, b: Manifest): number {
  const rank = ({ kind }: Manifest) =>
    kindOrder.includes(kind) ? kindOrder.indexOf(kind) : kindOrder.length;
  return rank(a) - rank(b) || compare(a.kind, b.kind) || compare(a.metadata.name, b.metadata.name);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
