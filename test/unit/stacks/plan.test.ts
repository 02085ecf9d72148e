// Does not prove that a cluster accepts what the plan leads to, nor that the numbers hold on a real card.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { listModes, planFromFiles, RefusedError, validateSettings } from "../../../stacks/index.ts";
import { lossNoticedWithinSeconds, noticedAfterSeconds } from "../../../stacks/probes.ts";
import { letsIn } from "../../../stacks/route.ts";

const project = fileURLToPath(new URL("../../..", import.meta.url));

describe("the shipped modes", () => {
  it("are coder, gaming, ml and r1", () => {
    assert.deepEqual(listModes(project), ["coder", "gaming", "ml", "r1"]);
  });

  it("serve the seed's models under their own id and the alias", () => {
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

  it("keep the default mode's pod template while gaming", () => {
    const gaming = planFromFiles(project, "gaming");
    assert.equal(gaming.replicas, 0);
    assert.deepEqual(gaming.server, planFromFiles(project, "ml").server);
  });

  it("notice a hang within the seed's limit (NFR50), and give a first start 15 minutes", () => {
    const { probes } = planFromFiles(project, "ml").server;
    assert.equal(noticedAfterSeconds(probes.readiness), 9);
    assert.ok(noticedAfterSeconds(probes.readiness) < lossNoticedWithinSeconds);
    assert.equal(probes.startupBudgetSeconds, 900);
    assert.equal(probes.startup.periodSeconds * probes.startup.failureThreshold, 900);
  });

  it("have a hash that differs by mode and not by run", () => {
    const hashes = ["ml", "r1", "gaming"].map((mode) => planFromFiles(project, mode).hash);
    assert.equal(new Set(hashes).size, 3);
    assert.equal(planFromFiles(project, "ml").hash, hashes[0]);
  });

  it("let in over the public route what the seed's clients call, and nothing else", () => {
    const { route } = planFromFiles(project, "ml").settings;
    const table: [string, string, boolean][] = [
      [route.host, "/v1/models", true],
      [route.host, "/v1/chat/completions", true],
      [route.host, "/docs", true],
      [route.host, "/health", true],
      [route.host, "/metrics", false],
      [route.host, "/v1", false],
      [route.host, "/tokenize", false],
      ["other.example.org", "/v1/models", false],
    ];
    for (const [host, path, expected] of table) {
      assert.equal(letsIn(route, { host, path }), expected, `${host}${path}`);
    }
  });
});

describe("faults of the configuration", () => {
  const faultsOf = (values: Record<string, unknown>): string => {
    try {
      validateSettings({ mode: "ml", values, fileOf: () => "Pulumi.ml.yaml" });
    } catch (error) {
      assert.ok(error instanceof RefusedError);
      return error.message;
    }
    return assert.fail("it was accepted");
  };

  it("are all named at once, each with file, key and value", () => {
    const text = faultsOf({ maxModelLen: "8k", route: { host: "A b" }, mdoel: "x" });
    assert.match(text, /Pulumi\.ml\.yaml: maxModelLen \(seen: "8k"\)/);
    assert.match(text, /Pulumi\.ml\.yaml: route\.host \(seen: "A b"\)/);
    assert.match(
      text,
      /Pulumi\.ml\.yaml: mdoel \(seen: "x"\): there is no such setting\. Write model, if that is meant\./,
    );
  });

  it("are found in values that the engine hands over as JSON text", () => {
    assert.match(faultsOf({ route: '{"host":"A b"}' }), /route\.host \(seen: "A b"\)/);
  });

  it("are none where numbers and switches are written as text", () => {
    const settings = validateSettings({
      mode: "ml",
      values: { maxModelLen: "4096", serve: "false" },
      fileOf: () => "Pulumi.ml.yaml",
    });
    assert.equal(settings.maxModelLen, 4096);
    assert.equal(settings.serve, false);
  });

  it("name the modes that there are for one that there is not", () => {
    assert.throws(() => planFromFiles(project, "mI"), /There is no mode mI[\s\S]*coder, gaming, ml, r1/);
  });
});
