// Does NOT prove which of these a cluster comes to; the engine tests bring some about.
import assert from "node:assert/strict";
import type { LiveObject } from "../../../../cluster/api/index.ts";
import { holderOf } from "../../../../cluster/claim/index.ts";
import { disagreementsOf, type Seen } from "../../../../cluster/survey/disagreements.ts";
import { leftoversOf } from "../../../../cluster/survey/leftovers.ts";
import { planFromFiles } from "../../../../stacks/index.ts";
import { ownerLabels } from "../../../../stacks/vocabulary/names.ts";
import {
  deploymentObject,
  objectTitle,
  type PlatformObject,
  possibleObjects,
} from "../../../../stacks/vocabulary/objects.ts";

function live(name: string, more: object = {}, labels: Record<string, string> = ownerLabels): LiveObject {
  return { metadata: { name, uid: "1", resourceVersion: "1", labels }, ...more };
}

const claim = live("gpu-mode", {
  data: {
    ...{ mode: "r1", stack: "r1", model: "m", since: "2026-11-24T08:00:00Z" },
    ...{ switch: "3", planHash: "h", source: "c", sourceCommitted: "" },
  },
});

function deployment(mode: string, number: number, replicas = 1): LiveObject {
  const object = live(
    "vllm-server",
    { spec: { replicas, template: { metadata: { labels: { "gpu-mode": mode } } } } },
    { ...ownerLabels, "gpu-mode": mode },
  );
  object.metadata.annotations = { "vllm-platform/switch": String(number) };
  return object;
}

function seen(found: LiveObject | undefined, change: Partial<Seen> = {}): Seen {
  return {
    holder: holderOf(claim, found),
    deployment: found,
    pods: [],
    pending: [],
    missing: [],
    keyFault: undefined,
    replicas: 1,
    ...change,
  };
}

function pending(object: PlatformObject, managers: string[], leaving: string[]): Seen["pending"][number] {
  const { apiVersion, kind, name } = object;
  const declared = { apiVersion, kind, metadata: { name } };
  return { object, live: live(name), declared, takeover: { managers, leaving } };
}

describe("disagreements", () => {
  it("are none where all say the same, and where no mode is active", () => {
    assert.deepEqual(disagreementsOf(seen(deployment("r1", 3))), []);
    assert.deepEqual(disagreementsOf({ ...seen(undefined), holder: holderOf(undefined, undefined) }), []);
  });

  it("tell a switch that was cut short, and nothing that follows from it", () => {
    const cut = ["A switch to r1 was cut short: run gpu-mode r1."];
    assert.deepEqual(disagreementsOf(seen(deployment("ml", 2, 0))), cut);
    assert.deepEqual(disagreementsOf(seen(undefined, { missing: [deploymentObject] })), cut);
  });

  it("tell an API key that is none", () => {
    assert.deepEqual(disagreementsOf(seen(deployment("r1", 3), { keyFault: "empty" })), [
      "Secret vllm-api-key holds no usable key (empty), so the key guards nothing or lets nobody in: run gpu-mode r1.",
    ]);
  });

  it("tell a claim that cannot be believed", () => {
    const [warning = "", fix] = disagreementsOf(seen(deployment("ml", 4)));
    assert.match(warning, /^ConfigMap gpu-mode cannot be believed: /);
    assert.equal(fix, "There is no claim that can be believed: run gpu-mode ml.");
  });

  it("tell replicas, missing objects, changes by hand and pods of another mode", () => {
    const found = deployment("r1", 3, 0);
    const changed = pending(deploymentObject, ["kubectl-edit"], []);
    const [fence] = possibleObjects.filter(({ kind }) => kind === "NetworkPolicy");
    assert.ok(fence);
    const grown = pending(fence, [], ["spec.ingress[1]"]);
    const pods = [
      { metadata: { name: "ending", labels: { "gpu-mode": "ml" }, deletionTimestamp: "now" } },
      { metadata: { name: "strange", labels: { "gpu-mode": "ml" } } },
    ];
    const [service] = possibleObjects.filter(({ kind }) => kind === "Service");
    assert.ok(service);
    assert.deepEqual(disagreementsOf(seen(found, { missing: [fence, service] })).slice(1), [
      "NetworkPolicy/vllm-server, Service/vllm-api are missing: run gpu-mode r1.",
    ]);
    assert.deepEqual(disagreementsOf(seen(found, { pods, missing: [service], pending: [changed, grown] })), [
      "Deployment vllm-server has 0 replicas, and mode r1 has 1: run gpu-mode r1.",
      "Service/vllm-api is missing: run gpu-mode r1.",
      "Deployment/vllm-server was changed by hand (kubectl-edit): run gpu-mode r1.",
      "NetworkPolicy/vllm-server holds what is not declared (spec.ingress[1]): run gpu-mode r1.",
      "Pod strange is of mode ml, and the Deployment's pods are of mode r1: run gpu-mode r1.",
    ]);
  });
});

describe("leftovers", () => {
  const plan = planFromFiles(`${import.meta.dirname}/../../../..`, "ml");
  const withoutRoute = { ...plan };
  delete withoutRoute.route;

  it("are the platform's own objects that the plan does not declare; what cannot be made again is kept", () => {
    const { removable, kept } = leftoversOf(withoutRoute, ({ name }) => live(name));
    assert.deepEqual(removable.map(objectTitle).sort(), [
      ...["Certificate/llm-gateway-tls", "Certificate/vllm-tls"],
      ...["CronJob/ollama-default-model", "Deployment/ollama"],
      ...["IngressRoute/llm-gateway", "IngressRoute/llm-gateway-http"],
      ...["IngressRoute/vllm-https", "IngressRoute/vllm-redirect"],
      ...["Middleware/llm-gateway-access", "Middleware/llm-gateway-https-redirect"],
      "Middleware/llm-gpu-errors",
      ...["Middleware/llm-served-by-cpu", "Middleware/llm-served-by-gpu"],
      ...["Middleware/vllm-access", "Middleware/vllm-https-redirect"],
      ...["NetworkPolicy/ollama", "Secret/vllm-hugging-face", "ServersTransport/llm-gateway"],
      ...["Service/llm-gateway", "Service/llm-gateway-cpu", "Service/ollama"],
      "TraefikService/llm-gateway",
    ]);
    assert.deepEqual(kept.map(objectTitle), [
      "PersistentVolumeClaim/ollama-models",
      "PersistentVolumeClaim/vllm-model-cache",
      "Secret/vllm-api-key",
    ]);
  });

  it("are never objects of others, nor what is not there", () => {
    assert.deepEqual(
      leftoversOf(withoutRoute, ({ name }) => live(name, {}, {})),
      { removable: [], kept: [] },
    );
    assert.deepEqual(
      leftoversOf(withoutRoute, () => undefined),
      { removable: [], kept: [] },
    );
  });
});
