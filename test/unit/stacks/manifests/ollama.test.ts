// Does NOT prove that the image does what it is told: tests on a real Ollama do that with one of another version.
import assert from "node:assert/strict";
import { planFrom } from "../../../../stacks/index.ts";
import { type Manifest, manifestsOf } from "../../../../stacks/manifests/index.ts";
import type { Plan } from "../../../../stacks/plan/index.ts";
import { servedModel, withNeeded } from "../support.ts";

const planOf = (values: Record<string, unknown>): Plan =>
  planFrom(
    {
      mode: "ml",
      values: withNeeded({ model: servedModel, ...values }),
      fileOf: () => "Pulumi.ml.yaml",
      secretKeys: new Set<string>(),
    },
    "",
  );
const gateway = { enabled: true, host: "llm.home.example.org" };

const ofOllama = (plan: Plan): Manifest[] =>
  manifestsOf(plan).filter(
    ({ metadata: { labels } }) => labels?.["app.kubernetes.io/component"] === "ollama",
  );

interface PodSpec {
  affinity?: object;
  nodeSelector?: object;
  tolerations?: object[];
  containers: { image: string; command?: string[]; env: { name: string; value: string }[] }[];
  volumes?: object[];
}

function podOf(plan: Plan, kind: "Deployment" | "CronJob"): PodSpec {
  const found = ofOllama(plan).find((one) => one.kind === kind) ?? assert.fail(`there is no ${kind}`);
  const spec = found.spec as {
    template?: { spec: PodSpec };
    jobTemplate?: { spec: { template: { spec: PodSpec } } };
  };
  return spec.template?.spec ?? spec.jobTemplate?.spec.template.spec ?? assert.fail();
}

const environment = ({ containers: [one] }: PodSpec) =>
  Object.fromEntries((one?.env ?? []).map(({ name, value }) => [name, value]));

describe("an Ollama of the platform's own", () => {
  it("is none unless asked for, and a gateway alone makes nothing in an Ollama that is there", () => {
    assert.deepEqual(ofOllama(planOf({})), []);
    assert.deepEqual(ofOllama(planOf({ gateway })), []);
  });

  it("keeps away from the GPU node, whichever of its labels makes it one", () => {
    const selector = { "nvidia.com/gpu": "true", zone: "rack" };
    const { affinity, nodeSelector } = podOf(
      planOf({ ollama: { enabled: true }, gpuNode: { selector } }),
      "Deployment",
    );
    assert.equal(nodeSelector, undefined);
    assert.deepEqual(affinity, {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: "nvidia.com/gpu", operator: "NotIn", values: ["true"] }] },
            { matchExpressions: [{ key: "zone", operator: "NotIn", values: ["rack"] }] },
          ],
        },
      },
    });
  });

  it("runs where the settings want it, on the GPU node too", () => {
    const ollama = { enabled: true, nodeSelector: { a: "b" }, hostPath: "/var/lib/ollama" };
    const { affinity, nodeSelector, tolerations, volumes } = podOf(planOf({ ollama }), "Deployment");
    assert.deepEqual([affinity, nodeSelector], [undefined, { a: "b" }]);
    assert.deepEqual(tolerations, [{ key: "gpu", value: "true", effect: "NoSchedule", operator: "Equal" }]);
    assert.deepEqual(volumes, [
      { name: "models", hostPath: { path: "/var/lib/ollama", type: "DirectoryOrCreate" } },
    ]);
  });

  it("keeps its one model loaded, is pinned, and is what the gateway's Service selects", () => {
    const plan = planOf({
      gateway: { ...gateway, ollama: { podLabels: { app: "other" } } },
      ollama: { enabled: true },
    });
    const pod = podOf(plan, "Deployment");
    assert.equal(pod.containers[0]?.image, "ollama/ollama:0.13.3");
    assert.deepEqual(environment(pod), {
      OLLAMA_HOST: "0.0.0.0:11434",
      OLLAMA_KEEP_ALIVE: "-1",
      OLLAMA_MAX_LOADED_MODELS: "1",
    });
    const labels = { "app.kubernetes.io/name": "ollama", "app.kubernetes.io/part-of": "vllm-platform" };
    const [deployment] = ofOllama(plan).filter(({ kind }) => kind === "Deployment");
    assert.deepEqual(deployment?.spec, {
      ...(deployment?.spec as object),
      selector: { matchLabels: labels },
    });
    assert.deepEqual(plan.gateway?.ollamaLabels, labels);
  });

  it("lets Traefik in where there is a gateway, and not for a route to the server alone", () => {
    const admits = (values: object) =>
      JSON.stringify(
        ofOllama(planOf({ ollama: { enabled: true }, ...values })).find(
          ({ kind }) => kind === "NetworkPolicy",
        ),
      ).includes("traefik");
    assert.ok(admits({ gateway }));
    assert.ok(!admits({}));
  });
});

describe("what keeps the model default made", () => {
  it("is told by variables which model, how much context and which Ollama, so that no name is code", () => {
    const plan = planOf({
      gateway: { ...gateway, ollama: { createModel: true, contextTokens: 4096 } },
      fallback: { ollamaModel: "x$(id)", ollamaUrl: "http://slim.ml:11434" },
    });
    assert.deepEqual(
      ofOllama(plan).map(({ kind }) => kind),
      ["CronJob"],
    );
    const pod = podOf(plan, "CronJob");
    assert.deepEqual(environment(pod), {
      OLLAMA_HOST: "http://slim.ml:11434",
      FROM: "x$(id)",
      CONTEXT: "4096",
    });
    const [, , script = ""] = pod.containers[0]?.command ?? [];
    assert.ok(!script.includes("x$(id)"));
    assert.match(script, /ollama create default -f/);
    // Others may have loaded another model there.
    assert.doesNotMatch(script, /ollama run/);
  });

  it("loads it in the platform's own Ollama", () => {
    const [, , script = ""] =
      podOf(planOf({ ollama: { enabled: true } }), "CronJob").containers[0]?.command ?? [];
    assert.match(script, /\nollama run default ""$/);
  });
});
