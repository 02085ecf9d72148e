// Does not prove that a cluster accepts what the plan leads to, nor that the numbers hold on a real card.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { promisedBy } from "../../../../cluster/readiness/goal.ts";
import { describePlan, listModes, planFromFiles } from "../../../../stacks/index.ts";
import { letsIn } from "../../../../stacks/plan/route.ts";
import { terminationGraceSeconds } from "../../../../stacks/plan/supervision.ts";
import { smokeTestLimitSeconds } from "../../../../stacks/settings/server.ts";
import { durationSeconds, quantityValue } from "../../../../stacks/vocabulary/measures.ts";
import { versionText } from "../../../../stacks/vocabulary/version.ts";
import { planTexts, servedModel, settingsOf } from "../support.ts";

const model = `vllm-platform:model: ${servedModel}`;

const project = fileURLToPath(new URL("../../../..", import.meta.url));

describe("the shipped modes", () => {
  it("are coder, gaming, ml and r1", () => {
    assert.deepEqual(listModes(project), ["coder", "gaming", "ml", "r1"]);
  });

  it("serve the reference setup's models under their own id and the alias", () => {
    assert.deepEqual(planFromFiles(project, "ml").server.servedNames, [
      "Qwen/Qwen2.5-7B-Instruct-AWQ",
      "default",
    ]);
    assert.deepEqual(planFromFiles(project, "r1").server.servedNames, [
      "casperhansen/deepseek-r1-distill-qwen-7b-awq",
      "default",
    ]);
  });

  it("give R1 the tokenizer that its weights need, and leave its chain of thought in the content", () => {
    const { arguments: args } = planFromFiles(project, "r1").server;
    assert.equal(args[args.indexOf("--tokenizer") + 1], "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B");
    assert.ok(!args.includes("--reasoning-parser"));
  });

  it("need one file and no code for a further one", () => {
    const { server } = planFromFiles(project, "coder");
    assert.deepEqual(server.servedNames, ["TheBloke/deepseek-coder-6.7B-instruct-AWQ", "default"]);
    assert.equal(server.maxModelLen, 8192);
  });

  it("keep the default mode's pod template while gaming", () => {
    const gaming = planFromFiles(project, "gaming");
    assert.equal(gaming.replicas, 0);
    assert.deepEqual(gaming.server, planFromFiles(project, "ml").server);
  });

  it("give a first start 15 minutes", () => {
    const { probes } = planFromFiles(project, "ml").server;
    assert.equal(probes.startupBudgetSeconds, 900);
    assert.equal(probes.startup.periodSeconds * probes.startup.failureThreshold, 900);
  });

  it("end within the pod's grace", () => {
    const { supervision } = planFromFiles(project, "ml").server;
    const { answerSeconds, endSeconds } = supervision;
    // What cannot be finished is killed, and what was finished is told to end, and then killed.
    assert.ok(supervision.drainSeconds + 2 * endSeconds + answerSeconds <= terminationGraceSeconds);
  });

  it("have a hash that differs by mode and not by run", () => {
    const hashes = ["ml", "r1", "coder", "gaming"].map((mode) => planFromFiles(project, mode).hash);
    assert.equal(new Set(hashes).size, 4);
    assert.equal(planFromFiles(project, "ml").hash, hashes[0]);
  });

  it("let in over the public route what the reference setup's clients call, and nothing else", () => {
    const { route } = planFromFiles(project, "ml").settings;
    const { host: own = "" } = route;
    const table: [string, string, boolean][] = [
      [own, "/v1/models", true],
      [own, "/v1/chat/completions", true],
      [own, "/docs", true],
      [own, "/health", true],
      [own, "/metrics", false],
      [own, "/v1", false],
      [own, "/tokenize", false],
      ["other.example.org", "/v1/models", false],
    ];
    for (const [host, path, expected] of table) {
      assert.equal(letsIn(route, { host, path }), expected, `${host}${path}`);
    }
  });
});

describe("the plan", () => {
  const ml = (settings: string) => planTexts("ml", "", { ml: `config: { ${model}, ${settings} }` });

  it("keeps model files in a folder of the node, or in a volume", () => {
    assert.deepEqual(ml("").cache, { kind: "hostPath", path: "/var/lib/vllm/huggingface" });
    assert.deepEqual(ml("vllm-platform:cache: { hostPath: /models }").cache, {
      kind: "hostPath",
      path: "/models",
    });
    assert.deepEqual(ml("vllm-platform:cache: { claim: {} }").cache, {
      kind: "claim",
      size: "50Gi",
      accessMode: "ReadWriteOnce",
    });
    const claim = "{ size: 20Gi, storageClass: local-path, accessMode: ReadWriteMany }";
    assert.deepEqual(ml(`vllm-platform:cache: { claim: ${claim} }`).cache, {
      kind: "claim",
      size: "20Gi",
      storageClass: "local-path",
      accessMode: "ReadWriteMany",
    });
  });

  it("knows the engine by its tag, or by what the settings tell", () => {
    assert.equal(versionText(ml("").server.version), "0.8.5.post1");
    assert.equal(ml("").server.image, "vllm/vllm-openai:v0.8.5.post1");
    const digest = `sha256:${"ab".repeat(32)}`;
    const { server } = ml(
      `vllm-platform:image: { repository: ghcr.io/me/vllm, tag: mine, digest: "${digest}", version: 0.8.3, cuda: 12.4 }`,
    );
    assert.equal(versionText(server.version), "0.8.3");
    assert.equal(server.image, `ghcr.io/me/vllm:mine@${digest}`);
    const mirrored = ml("vllm-platform:image: { repository: docker.io/vllm/vllm-openai, tag: v0.7.3 }");
    assert.equal(versionText(mirrored.server.version), "0.7.3");
  });

  it("says how long a certificate lasts, and what may be taken over", () => {
    assert.deepEqual(ml("").route?.certificate, { duration: "2160h", renewBefore: "720h" });
    assert.equal(ml("vllm-platform:route: { enabled: false }").route, undefined);
    assert.deepEqual(ml("vllm-platform:adopt: [Secret/vllm-tls]").adopt, ["Secret/vllm-tls"]);
  });

  it("has the whole template of the default mode where it does not serve", () => {
    const template =
      "vllm-platform:image: { tag: v0.8.4 }, vllm-platform:resources: { memoryLimit: 12Gi }, vllm-platform:extraArguments: [--seed, '1']";
    const files = {
      ml: `config: { ${model}, ${template} }`,
      gaming: "config: { vllm-platform:serve: false, vllm-platform:maxModelLen: 512 }",
    };
    const gaming = planTexts("gaming", "", files);
    const serving = planTexts("ml", "", files);
    assert.deepEqual(gaming.server, serving.server);
    assert.deepEqual(gaming.settings.resources, serving.settings.resources);
    assert.equal(gaming.settings.serve, false);
  });

  it("tests CUDA before the server where that is asked for, for gaming's template too, and says so", () => {
    const on = "vllm-platform:smokeTest: true";
    assert.equal(ml("").server.smokeTest, undefined);
    assert.equal(ml("vllm-platform:smokeTest: false").hash, ml("").hash);
    const plan = ml(on);
    assert.deepEqual(plan.server.smokeTest, { limitSeconds: smokeTestLimitSeconds });
    assert.ok(describePlan(plan).includes("  smoke test   of CUDA before each start, up to 2 min"));
    const files = {
      ml: `config: { ${model}, ${on} }`,
      gaming: "config: { vllm-platform:serve: false }",
    };
    assert.deepEqual(planTexts("gaming", "", files).server, plan.server);
  });

  it("gives a pod the time of its smoke test on top of what pull and start may take", () => {
    const { test, load, pull } = promisedBy(ml("vllm-platform:smokeTest: true")).budgetSeconds;
    assert.ok(test > smokeTestLimitSeconds, "the test's own limit must end it first");
    assert.deepEqual([pull, load], [1200, 900]);
    assert.equal(promisedBy(ml("")).budgetSeconds.test, 0);
  });

  it("promises that the server asks for a key only where the mode does, and is handed on as before elsewhere", () => {
    assert.equal(promisedBy(ml("vllm-platform:apiKey: true")).asksForKey, true);
    assert.deepEqual(Object.keys(promisedBy(ml(""))), ["serves", "servedNames", "budgetSeconds"]);
  });

  it("has a hash over what is declared, and over nothing else", () => {
    const declared = [
      "vllm-platform:apiKey: true",
      "vllm-platform:smokeTest: true",
      "vllm-platform:replicas: 2",
      "vllm-platform:cache: { hostPath: /models }",
      "vllm-platform:access: { namespaces: [apps] }",
      "vllm-platform:security: { runAsUser: 1000 }",
      "vllm-platform:resources: { cpuLimit: 2 }",
      "vllm-platform:gpuNode: { runtimeClass: other }",
      "vllm-platform:huggingFaceSecret: { name: hf }",
      "vllm-platform:route: { certificate: { renewBefore: 700h } }",
      "vllm-platform:extraArguments: [--seed, 1]",
    ];
    const besides = [
      "vllm-platform:cluster: { context: other, kubeconfig: /elsewhere }",
      "vllm-platform:adopt: [Secret/vllm-tls]",
      "vllm-platform:defaultMode: r1",
      "vllm-platform:gpuNode: { card: { desktopMiB: 500 }, driver: { cuda: 12.2 }, name: other }",
      "vllm-platform:image: { cuda: 12.4 }",
      "vllm-platform:cache: { hostPath: /var/lib/vllm/huggingface }",
    ];
    const { hash } = ml("");
    assert.equal(new Set([hash, ...declared.map((settings) => ml(settings).hash)]).size, declared.length + 1);
    for (const settings of besides) {
      assert.equal(ml(settings).hash, hash, settings);
    }
  });

  it("is described by what to look at before an update", () => {
    assert.deepEqual(describePlan(planFromFiles(project, "ml")), [
      "mode ml: Qwen/Qwen2.5-7B-Instruct-AWQ",
      "  answers to   Qwen/Qwen2.5-7B-Instruct-AWQ, default",
      "  API key      none asked for",
      "  context      8192 tokens; the longest that fits is 32768",
      "  image        vllm/vllm-openai:v0.8.5.post1",
      "  driver       535.274.02: vLLM 0.8.5.post1 on CUDA 12.4 runs",
      "  memory       10.58 of 11.76 GiB (90 %), room for 87776 tokens",
      "               [WWWWWWWWWWWWWWWWWWWWWWWWWWKKKKKKKKKKKKKKKKKKKKKKKKAAoo|......]",
      "               W weights 5.19, K KV cache 4.69, A activations 0.26, o other 0.45",
      "  files        folder /var/lib/vllm/huggingface of the node",
      "  first start  up to 15 min with download, 5 min with the files on the node",
      "  route        https://vllm.home.jetzinger.com, in the cluster port 8000",
    ]);
    assert.deepEqual(describePlan(planFromFiles(project, "gaming")), [
      "mode gaming: no server, the GPU is free",
      "  kept ready   Qwen/Qwen2.5-7B-Instruct-AWQ (mode ml) at 0 replicas",
      "  route        https://vllm.home.jetzinger.com, back with the next serving mode",
    ]);
    const more = describePlan(
      ml(
        "vllm-platform:apiKey: true, vllm-platform:replicas: 2, vllm-platform:cache: { claim: {} }, vllm-platform:huggingFaceSecret: { name: hf }, vllm-platform:extraArguments: [--seed, 1], vllm-platform:adopt: [Secret/vllm-tls], vllm-platform:route: { enabled: false }",
      ),
    );
    for (const line of [
      "mode ml: Qwen/Qwen2.5-7B-Instruct-AWQ, 2 servers",
      "  API key      asked for",
      "  files        a volume of 50Gi, downloaded with a token",
      "  route        no public route, in the cluster port 8000",
      "  besides      --seed 1",
      "  may take over Secret/vllm-tls",
    ]) {
      assert.ok(more.includes(line), `${line}\nis not in\n${more.join("\n")}`);
    }
  });
});

describe("settings", () => {
  it("may be written as text, and groups as JSON, as Pulumi hands them over", () => {
    const values = {
      serve: "true",
      maxModelLen: "4096",
      gpuMemoryUtilization: "0.5",
      route: '{"enabled":false}',
    };
    const { serve, maxModelLen, gpuMemoryUtilization, route } = settingsOf(values);
    assert.deepEqual(
      { serve, maxModelLen, gpuMemoryUtilization, enabled: route.enabled },
      { serve: true, maxModelLen: 4096, gpuMemoryUtilization: 0.5, enabled: false },
    );
  });

  it("may leave out the quotes where YAML reads no text", () => {
    const { gpuNode, resources } = settingsOf({
      gpuNode: { selector: { "nvidia.com/gpu": true }, taint: { value: true }, driver: { cuda: 12.2 } },
      resources: { cpuLimit: 2, memoryLimit: 17179869184 },
    });
    assert.deepEqual(gpuNode.selector, { "nvidia.com/gpu": "true" });
    assert.equal(gpuNode.taint.value, "true");
    assert.equal(gpuNode.driver.cuda, "12.2");
    assert.deepEqual([resources.cpuLimit, resources.memoryLimit], ["2", "17179869184"]);
  });

  it("name the modes that there are for one that there is not", () => {
    assert.throws(() => planFromFiles(project, "mI"), /There is no mode mI[\s\S]*coder, gaming, ml, r1/);
    assert.throws(() => planFromFiles(project, "../x"), /There is no mode \.\.\/x/);
  });
});

describe("quantities and durations", () => {
  it("are read as Kubernetes and Go read them", () => {
    const quantities: [string, number][] = [
      ["500m", 0.5],
      ["4", 4],
      ["1.5Gi", 1.5 * 1024 ** 3],
      ["2G", 2e9],
      ["8Mi", 8 * 1024 ** 2],
    ];
    for (const [text, expected] of quantities) {
      assert.equal(quantityValue(text), expected, text);
    }
    const durations: [string, number][] = [
      ["2160h", 7_776_000],
      ["1h30m", 5400],
      ["90s", 90],
    ];
    for (const [text, expected] of durations) {
      assert.equal(durationSeconds(text), expected, text);
    }
    for (const text of ["", "1d", "h", "-1h", "1h1h", "5Gb", "x"]) {
      assert.ok(Number.isNaN(durationSeconds(text)) && Number.isNaN(quantityValue(text)), text);
    }
  });
});
