// Does not prove that Pulumi reads the files alike; the engine's tests compare that.
import assert from "node:assert/strict";
import { readModeTexts } from "../../../../stacks/files/index.ts";
import { faultText } from "../../../../system/errors.ts";
import { planTexts, refusalOf, servedModel } from "../support.ts";

const ml = `config: { vllm-platform:model: ${servedModel} }`;

describe("the files of a mode", () => {
  it("are read with the mode's key before the shared one, as a whole", () => {
    const { values, fileOf } = readModeTexts(
      "ml",
      "config: { vllm-platform:cache: { value: { hostPath: /a } }, vllm-platform:maxNumSeqs: 8, vllm-platform:apiKey: { type: boolean, default: true } }",
      "config: { vllm-platform:cache: { claim: { size: 5Gi } }, pulumi:tags: { a: b }, kubernetes:context: x }",
    );
    assert.deepEqual(values, { cache: { claim: { size: "5Gi" } }, maxNumSeqs: 8, apiKey: true });
    assert.deepEqual(["cache", "maxNumSeqs", "apiKey", "model"].map(fileOf), [
      "Pulumi.ml.yaml",
      "Pulumi.yaml",
      "Pulumi.yaml",
      "Pulumi.ml.yaml",
    ]);
  });

  it("may be empty", () => {
    assert.deepEqual(readModeTexts("ml", "", "# nothing\n").values, {});
  });

  it("are named with the fault of each, also the default mode's", () => {
    const project = "config: { vllm-platform:route: { host: x }, vllm-platform:maxNumSeqs: 0 }";
    const gaming =
      "config: { vllm-platform:serve: false, vllm-platform:replicas: 2, vllm-platform:enforceEager: 1 }";
    assert.deepEqual(
      refusalOf(() =>
        planTexts("gaming", project, { gaming, ml: "config: { vllm-platform:maxModelLen: 5 }" }),
      ),
      [
        "Pulumi.yaml: route: must have its settings under `value:`, as Pulumi wants it in this file. Put a line `value:` before them, and move them to the right of it.",
        "Pulumi.yaml: maxNumSeqs (found: 0): must be a whole number from 1 to 1024. Write it like `vllm-platform:maxNumSeqs: 16`, or remove it for the default `16`.",
        "Pulumi.gaming.yaml: enforceEager (found: 1): must be true or false. Write it like `vllm-platform:enforceEager: false`, or remove it for the default `true`.",
        "Pulumi.gaming.yaml: replicas (found: 2): excludes `serve: false`, which runs no server. Remove one of the two.",
        "Pulumi.ml.yaml: maxModelLen (found: 5): must be a whole number from 256 to 1048576. Write it like `vllm-platform:maxModelLen: 8192`, or remove it for the default `8192`.",
        "Pulumi.ml.yaml: model: a mode that serves must name its model. Write `vllm-platform:model: <Hugging Face id>`, or `vllm-platform:serve: false` for a mode that frees the GPU.",
      ],
    );
  });

  it("cannot share a secret, as Pulumi encrypts by stack", () => {
    const project = "config: { vllm-platform:huggingFaceToken: { value: { secure: v1 } } }";
    assert.deepEqual(
      refusalOf(() => planTexts("ml", project, { ml })),
      [
        "Pulumi.yaml: huggingFaceToken: is encrypted, and Pulumi knows secrets only in the files of stacks. Remove it and run `npm run set-secret -- huggingFaceToken`.",
      ],
    );
  });

  it("may set the replicas of all modes, one that does not serve among them", () => {
    const project = "config: { vllm-platform:replicas: 2 }";
    const plan = planTexts("gaming", project, { gaming: "config: { vllm-platform:serve: false }", ml });
    assert.equal(plan.replicas, 0);
    assert.equal(planTexts("ml", project, { ml }).replicas, 2);
  });

  it("must not name a default mode that does not serve either", () => {
    const gaming = "config: { vllm-platform:serve: false, vllm-platform:defaultMode: gaming }";
    assert.deepEqual(
      refusalOf(() => planTexts("gaming", "", { gaming })),
      [
        'Pulumi.gaming.yaml: defaultMode (found: "gaming"): this mode does not serve either, so it has no pod template to keep ready. Name a mode that serves.',
      ],
    );
  });

  it("must have a name that can be a label", () => {
    assert.deepEqual(
      refusalOf(() => planTexts("Big_One", "", { Big_One: ml })),
      [
        "Pulumi.Big_One.yaml (found: \"Big_One\"): a mode's name must be at most 63 lower-case letters, digits and '-', as it becomes a label of the objects. Rename the file and its stack (`pulumi stack rename`).",
      ],
    );
  });

  const unreadable: [about: string, text: string, fault: RegExp][] = [
    ["no YAML", "config: [", /^Pulumi\.ml\.yaml: is not valid YAML: .* line 1/],
    ["a key twice", "config:\n  a:b: 1\n  a:b: 2", /is not valid YAML: Map keys must be unique at line 3/],
    ["an alias to nowhere", "config: *x", /is not (valid|usable) YAML: Unresolved alias/],
    ["an alias to itself", "config: &a { vllm-platform:adopt: [*a] }", /^Pulumi\.ml\.yaml: /],
    ["a list", "- a", /^Pulumi\.ml\.yaml: must map keys to values\. Write one `key: value` a line\.$/],
    ["a list as config", "config: [a]", /^Pulumi\.ml\.yaml: config: must map keys to values\./],
  ];
  for (const [about, text, fault] of unreadable) {
    it(`are refused as ${about}, with the other file's faults`, () => {
      const lines = refusalOf(() => readModeTexts("ml", "config: 5", text));
      assert.equal(lines[0], "Pulumi.yaml: config: must map keys to values. Write one `key: value` a line.");
      assert.match(lines[1] ?? "", fault);
    });
  }

  it("are refused where a setting stands where nobody reads it", () => {
    const project =
      "name: mine\nconfg: {}\nroute: {}\nconfig: { vllm-platfrom:replicas: { value: 2 }, mine:adopt: [] }";
    const mode =
      "model: x\nmine:apiKey: true\nsecretsprovider: passphrase\nlater: 1\nconfig: { vllm:maxModelLen: 4096, kubernetes:cluster: c, aws:region: r, gcp:zone:x: y }";
    const lines = (readModeTexts("ml", project, mode).faults ?? []).map((fault) => faultText(fault).trim());
    assert.deepEqual(lines, [
      "Pulumi.yaml: confg: stands where nobody reads it. Write config, if that is meant, or remove it.",
      "Pulumi.yaml: route: stands where nobody reads it. Put it under `config:`, as `  mine:route: …`.",
      "Pulumi.yaml: vllm-platfrom:replicas: is for a package vllm-platfrom, which this project does not use, so nobody reads it. Write mine:replicas, if that is meant, or remove it.",
      "Pulumi.ml.yaml: model: stands where nobody reads it. Put it under `config:`, as `  mine:model: …`.",
      "Pulumi.ml.yaml: mine:apiKey: stands where nobody reads it. Put it under `config:`, as `  mine:apiKey: …`.",
      "Pulumi.ml.yaml: vllm:maxModelLen: is for a package vllm, which this project does not use, so nobody reads it. Write mine:maxModelLen, if that is meant, or remove it.",
    ]);
  });
});
