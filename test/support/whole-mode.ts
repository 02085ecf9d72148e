import assert from "node:assert/strict";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { expectedObjects, labelsOf, type Mode, servedNamesOf } from "./expected-objects.ts";
import { tryUp } from "./pulumi.ts";
import { eventually, kubectlOn } from "./sandbox.ts";

export interface Live extends Record<string, unknown> {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation?: number;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
    readonly managedFields: { manager: string; operation: string; subresource?: string; fieldsV1: unknown }[];
  };
}

const kindOf: Readonly<Record<string, string>> = {
  "deployments.apps": "Deployment",
  services: "Service",
  "poddisruptionbudgets.policy": "PodDisruptionBudget",
  "networkpolicies.networking.k8s.io": "NetworkPolicy",
  configmaps: "ConfigMap",
  "certificates.cert-manager.io": "Certificate",
  "middlewares.traefik.io": "Middleware",
  "ingressroutes.traefik.io": "IngressRoute",
};

/** Objects of namespace `ml`, by kubectl. */
export async function objectsOf(sandbox: Sandbox, ...args: string[]): Promise<Live[]> {
  const text = await kubectlOn(sandbox, ["get", ...args, "-n", "ml", "-o", "json", "--show-managed-fields"]);
  return (JSON.parse(text) as { items: Live[] }).items;
}

/** Everything that the platform may have in the namespace; what others have there is left out. */
export async function platformObjects(sandbox: Sandbox): Promise<Live[]> {
  const more = "traefikservices.traefik.io,serverstransports.traefik.io,persistentvolumeclaims,secrets";
  const kinds = `${Object.keys(kindOf).join(",")},${more}`;
  const others = ["kube-root-ca.crt", "ollama", "vllm-tls", "llm-gateway-tls"];
  return (await objectsOf(sandbox, kinds)).filter(
    ({ kind, metadata }) => !others.includes(metadata.name) || kind === "Certificate",
  );
}

/** Every object of the namespace by name, with its version; but not what nodes and controllers change by themselves. */
export async function versionsOf(sandbox: Sandbox): Promise<Record<string, string>> {
  const kinds = [
    ...["deployments", "services", "configmaps", "secrets", "networkpolicies", "poddisruptionbudgets"],
    ...["certificates", "ingressroutes", "middlewares", "persistentvolumeclaims"],
  ];
  const { items } = JSON.parse(
    await kubectlOn(sandbox, ["get", kinds.join(","), "-n", "ml", "-o", "json"]),
  ) as { items: { kind: string; metadata: { name: string; resourceVersion: string } }[] };
  return Object.fromEntries(
    items.map(({ kind, metadata }) => [`${kind}/${metadata.name}`, metadata.resourceVersion]),
  );
}

/** Runs a plain up of a mode, which must be refused and touch no object, the claim included. What it printed. */
export async function refusedUp(sandbox: Sandbox, mode: string): Promise<string> {
  const before = await versionsOf(sandbox);
  assert.ok("ConfigMap/gpu-mode" in before && "Deployment/vllm-server" in before);
  const { code, output } = await tryUp(sandbox, mode);
  assert.notEqual(code, 0, output);
  assert.deepEqual(await versionsOf(sandbox), before);
  return output;
}

/** The live claim's data. */
export async function claimOf(sandbox: Sandbox): Promise<Record<string, string>> {
  return JSON.parse(
    await kubectlOn(sandbox, ["get", "configmap", "gpu-mode", "-n", "ml", "-o", "jsonpath={.data}"]),
  ) as Record<string, string>;
}

/** What the URL's server answers to; none where it says that there is none. */
export async function answersTo(sandbox: Sandbox): Promise<string[]> {
  const response = await fetch(`${sandbox.url}/v1/models`);
  if (response.status === 503) return [];
  return ((await response.json()) as { data: { id: string }[] }).data.map(({ id }) => id);
}

/** Holds that the cluster has exactly one whole mode: every object of it field by field, its claim, and its server's answer. */
export async function isWhole(sandbox: Sandbox, mode: Mode, kept: readonly string[] = []): Promise<void> {
  const expected = expectedObjects(mode);
  const live = await platformObjects(sandbox);
  assert.deepEqual(
    live.map(({ kind, metadata }) => `${kind}/${metadata.name}`).sort(),
    [
      ...expected.map(({ resource, name }) => `${kindOf[resource]}/${name}`),
      "ConfigMap/gpu-mode",
      ...kept,
    ].sort(),
  );
  for (const one of expected) {
    const object = live.find(
      ({ kind, metadata }) => kind === kindOf[one.resource] && metadata.name === one.name,
    );
    assert.ok(object);
    assert.deepEqual(contentOf(object), one.content, `${mode}: ${one.name}`);
    assert.deepEqual(object.metadata.labels, labelsOf(one), `${mode}: labels of ${one.name}`);
    const appliers = object.metadata.managedFields.filter(({ operation }) => operation === "Apply");
    assert.deepEqual(
      [...new Set(appliers.map(({ manager }) => manager))],
      ["vllm-platform"],
      `${mode}: managers of ${one.name}`,
    );
  }
  const claim = await claimOf(sandbox);
  const deployment = live.find(({ kind }) => kind === "Deployment");
  assert.deepEqual([claim.mode, claim.stack], [mode, mode]);
  assert.equal(deployment?.metadata.annotations?.["vllm-platform/switch"], claim.switch);
  await eventually(20, async () => {
    assert.deepEqual(await answersTo(sandbox), servedNamesOf(mode));
    assert.equal(
      (await objectsOf(sandbox, "pods", "-l", "app=vllm-server")).length,
      servedNamesOf(mode).length === 0 ? 0 : 1,
    );
    return true;
  });
}

/** An object without what each API server assigns by itself. */
export function contentOf(live: Live): Record<string, unknown> {
  const {
    apiVersion: _,
    kind: __,
    metadata: ___,
    status: ____,
    ...content
  } = structuredClone(live) as Live & {
    spec?: Record<string, unknown>;
  };
  delete content.spec?.clusterIP;
  delete content.spec?.clusterIPs;
  return content as Record<string, unknown>;
}
