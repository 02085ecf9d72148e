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
export async function recordResources(plan: Plan, secrets: SecretValues = {}): Promise<RecordedResource[]> {
  const recorded: RecordedResource[] = [];
  const { apiKey = "", huggingFaceToken = "" } = secrets;
  await runtime.setMocks(
    {
      newResource({ type, name, inputs }) {
        recorded.push({ type, name, inputs });
        return { id: `${name}-id`, state: { ...inputs, result: apiKey } };
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
    ...(plan.huggingFace?.kind === "token" ? { huggingFaceToken } : {}),
  });
  // Waits for every registration that the components have begun.
  await runtime.disconnect();
  return recorded;
}

/** Values of the Secrets, which only the stack and the cluster know. */
export interface SecretValues {
  apiKey?: string;
  huggingFaceToken?: string;
}

/** The Kubernetes objects that a plan declares. A Secret is without its values unless they are given. */
export async function manifestsOf(plan: Plan, secrets?: SecretValues): Promise<Manifest[]> {
  const resources = await recordResources(plan, secrets);
  return resources
    .filter(({ type }) => type.startsWith("kubernetes:"))
    .map(({ inputs }) => withoutValues(inputs as Manifest, secrets !== undefined))
    .sort(byKindAndName);
}

function withoutValues(manifest: Manifest, withValues: boolean): Manifest {
  if (manifest.kind !== "Secret") {
    return manifest;
  }
  const { data, ...rest } = manifest;
  // The engine is handed a secret in a wrapping of its own.
  const plain = runtime.isRpcSecret(data) ? runtime.unwrapRpcSecret(data) : data;
  return (withValues ? { ...rest, data: plain } : rest) as Manifest;
}

function byKindAndName(a: Manifest, b: Manifest): number {
  const rank = ({ kind }: Manifest) =>
    kindOrder.includes(kind) ? kindOrder.indexOf(kind) : kindOrder.length;
  return rank(a) - rank(b) || compare(a.kind, b.kind) || compare(a.metadata.name, b.metadata.name);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
