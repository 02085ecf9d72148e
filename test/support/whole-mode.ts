import assert from "node:assert/strict";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { expectedObjects, labelsOf, type Mode, servedNamesOf } from "./expected-objects.ts";
import { type Live, listed, type Resource } from "./live.ts";
import { tryUp } from "./pulumi.ts";
import { eventually } from "./sandbox.ts";

const kindOf: Partial<Readonly<Record<Resource, string>>> = {
  deployments: "Deployment",
  services: "Service",
  poddisruptionbudgets: "PodDisruptionBudget",
  networkpolicies: "NetworkPolicy",
  configmaps: "ConfigMap",
  certificates: "Certificate",
  middlewares: "Middleware",
  ingressroutes: "IngressRoute",
};
const kept: readonly Resource[] = ["persistentvolumeclaims", "secrets"];
const declared: readonly Resource[] = [...(Object.keys(kindOf) as Resource[]), ...kept];
/** Objects of namespace `ml`. @param selector of labels; default none */
export function objectsOf(
  sandbox: Sandbox,
  resources: readonly Resource[],
  selector?: string,
): Promise<Live[]> {
  return listed(sandbox, resources, { namespace: "ml", ...(selector === undefined ? {} : { selector }) });
}

/** The pods of the server. */
export const serverPods = (sandbox: Sandbox): Promise<Live[]> =>
  objectsOf(sandbox, ["pods"], "app=vllm-server");

/** An object of namespace `ml`; undefined where there is none. */
export const objectOf = async (
  sandbox: Sandbox,
  resource: Resource,
  name: string,
): Promise<Live | undefined> =>
  (await objectsOf(sandbox, [resource])).find(({ metadata }) => metadata.name === name);

/** Everything that the platform may have in the namespace; what others have there is left out. */
export async function platformObjects(sandbox: Sandbox): Promise<Live[]> {
  const others = ["kube-root-ca.crt", "ollama", "vllm-tls", "llm-gateway-tls"];
  const all = await objectsOf(sandbox, [...declared, "traefikservices", "serverstransports"]);
  return all.filter(({ kind, metadata }) => !others.includes(metadata.name) || kind === "Certificate");
}

/** Every object of the namespace by name, with its version; but not what nodes and controllers change by themselves. */
export async function versionsOf(sandbox: Sandbox): Promise<Record<string, string>> {
  const all = await objectsOf(sandbox, declared);
  return Object.fromEntries(
    all.map(({ kind, metadata }) => [`${kind}/${metadata.name}`, metadata.resourceVersion]),
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
  const claim = await objectOf(sandbox, "configmaps", "gpu-mode");
  return claim?.data ?? assert.fail("there is no claim");
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
    assert.equal((await serverPods(sandbox)).length, servedNamesOf(mode).length === 0 ? 0 : 1);
    return true;
  });
}

/** An object without what each API server assigns by itself. */
export function contentOf(live: Live): Record<string, unknown> {
  const { apiVersion: _, kind: __, metadata: ___, status: ____, ...content } = structuredClone(live);
  delete content.spec?.clusterIP;
  delete content.spec?.clusterIPs;
  return content as Record<string, unknown>;
}
