// Does not prove that the engine decrypts and hands over as these tests do; the engine's tests run the real thing.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Output, runtime } from "@pulumi/pulumi";
import { parse } from "yaml";
import { loadPlan } from "../../../stacks/load.ts";
import { refusalOf, servedModel, withNeeded } from "./support.ts";

const project = fileURLToPath(new URL("../../..", import.meta.url));
const token = "hf_0123456789";

const promiseOf = <T>(output: Output<T>) => new Promise<T>((resolve) => output.apply(resolve));

describe("the configuration as the engine hands it over", () => {
  const before = process.env.PULUMI_CONFIG_SECRET_KEYS;

  async function config(values: Record<string, string>, secretKeys: string[] = []): Promise<void> {
    const none = async () => ({});
    await runtime.setMocks(
      { call: none, newResource: ({ name }) => ({ id: name, state: {} }) },
      "vllm-platform",
      "ml",
    );
    const needed = Object.entries(withNeeded({}))
      .filter(([key]) => !(key in values))
      .map(([key, value]) => [key, JSON.stringify(value)]);
    const keyed = [...Object.entries(values), ...needed].map(([key, value]) => [
      `vllm-platform:${key}`,
      value,
    ]);
    runtime.setAllConfig({ ...Object.fromEntries(keyed), "kubernetes:context": "other" });
    process.env.PULUMI_CONFIG_SECRET_KEYS = JSON.stringify(secretKeys);
  }

  afterEach(() => {
    delete process.env.PULUMI_CONFIG_SECRET_KEYS;
    if (before !== undefined) {
      process.env.PULUMI_CONFIG_SECRET_KEYS = before;
    }
  });

  it("gives a plan without the secret, and the secret as a secret output", async () => {
    await config({ model: servedModel, route: '{"enabled":false}', huggingFaceToken: token }, [
      "vllm-platform:huggingFaceToken",
    ]);
    const { plan, secrets } = loadPlan(project);
    assert.equal(plan.route, undefined);
    assert.deepEqual(plan.huggingFace, { kind: "token" });
    assert.ok(!JSON.stringify(plan).includes(token));
    const { huggingFaceToken } = secrets;
    assert.ok(huggingFaceToken !== undefined);
    assert.equal(await promiseOf(huggingFaceToken), token);
    assert.equal(await (huggingFaceToken as unknown as { isSecret: Promise<boolean> }).isSecret, true);
  });

  it("gives no secret where none is set", async () => {
    await config({ model: servedModel });
    assert.deepEqual(loadPlan(project).secrets, {});
  });

  it("names the shared file for a shared value, and the mode's for any other", async () => {
    await config({ model: servedModel, defaultMode: "Bad Name", maxNumSeqs: "0" });
    const files = refusalOf(() => loadPlan(project)).map((line) => line.split(" (found")[0]);
    assert.deepEqual(files, ["Pulumi.ml.yaml: maxNumSeqs", "Pulumi.ml.yaml: defaultMode"]);
    const shared = parse(readFileSync(join(project, "Pulumi.yaml"), "utf8")).config["vllm-platform:route"]
      .value;
    await config({ model: servedModel, route: JSON.stringify(shared), replicas: "0" }, [
      "vllm-platform:route",
    ]);
    assert.match(
      refusalOf(() => loadPlan(project)).join("\n"),
      /Pulumi\.yaml: route [\s\S]*Pulumi\.ml\.yaml: replicas /,
    );
  });

  it("refuses what the engine does not hand over, or reads in its own way", async () => {
    const folder = mkdtempSync(join(tmpdir(), "load-"));
    const write = (file: string, text: string) => writeFileSync(join(folder, file), text);
    try {
      await config({ model: servedModel });
      assert.deepEqual(
        loadPlan(folder).plan.mode,
        "ml",
        "a mode without a file has its values from elsewhere",
      );
      write("Pulumi.yaml", "name: vllm-platform\nconfig: { vllm-platfrom:replicas: 2 }\n");
      write("Pulumi.ml.yaml", "maxModelLen: 4096\n");
      assert.deepEqual(
        refusalOf(() => loadPlan(folder)).map((line) => line.split(": ").slice(0, 2).join(": ")),
        ["Pulumi.yaml: vllm-platfrom:replicas", "Pulumi.ml.yaml: maxModelLen"],
      );
      write("Pulumi.ml.yaml", "config: { vllm-platform:maxModelLen: 8_192 }\n");
      assert.match(refusalOf(() => loadPlan(folder)).join(), /^Pulumi\.ml\.yaml, line 1 .*"8_192"/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("plans a mode that frees the GPU whatever another mode's file says", async () => {
    const folder = mkdtempSync(join(tmpdir(), "load-"));
    const write = (file: string, text: string) => writeFileSync(join(folder, file), text);
    try {
      write("Pulumi.yaml", readFileSync(join(project, "Pulumi.yaml"), "utf8"));
      write("Pulumi.ml.yaml", "config: { vllm-platform:modle: x }\n");
      write("Pulumi.other.yaml", `config: { vllm-platform:model: ${servedModel} }\n`);
      await config({ serve: "false", defaultMode: "gone" });
      const { plan, warnings } = loadPlan(folder);
      assert.deepEqual([plan.serves, plan.server.mode, plan.replicas], [false, "other", 0]);
      assert.match(
        warnings.join(),
        /^The pod template of mode gone cannot be kept ready:\n.*Pulumi\.gone\.yaml: the file does not exist.*\nUntil that is fixed, that of mode other is\.$/,
      );
      await config({ serve: "false", replicas: "0" });
      assert.match(refusalOf(() => loadPlan(folder)).join(), /replicas/, "a fault of its own is refused");
      rmSync(join(folder, "Pulumi.other.yaml"));
      await config({ serve: "false", defaultMode: "gone" });
      assert.ok(refusalOf(() => loadPlan(folder)).length > 0, "no mode is in order");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("refuses a secret in the clear, with the other faults", async () => {
    await config({ model: servedModel, huggingFaceToken: token, access: '{"namespaces":["A"]}' });
    const lines = refusalOf(() => loadPlan(project));
    assert.match(
      lines[0] ?? "",
      /^Pulumi\.ml\.yaml: huggingFaceToken \(found: "\(hidden\)"\): must be a Pulumi secret/,
    );
    assert.match(lines[1] ?? "", /^Pulumi\.ml\.yaml: access\.namespaces\.0 \(found: "A"\)/);
    assert.equal(lines.length, 2);
  });
});
