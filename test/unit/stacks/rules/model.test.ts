// Does NOT prove that Hugging Face has a repository of an id: nobody is asked.
import assert from "node:assert/strict";
import { planTexts, refusalOf, settingsOf, someNumbers } from "../support.ts";

const numbered = (values: Record<string, unknown>, numbers: Record<string, unknown> = {}) =>
  settingsOf({ model: "somebody/some-model", modelNumbers: { ...someNumbers, ...numbers }, ...values });

/** What the server or Kubernetes would read otherwise: as a flag, as a path, as a variable, as two words. */
const noIds = [
  "--help",
  "-m",
  "a b",
  "../..",
  "../../etc/passwd",
  "/models/qwen",
  "$(HF_HOME)",
  "a/b/c",
  "a//b",
];
const noRepositories = [
  "Qwen/",
  "/Qwen",
  "a..b",
  "a--b",
  "name.git",
  ".hidden",
  "name-",
  "a\u001bb",
  "x".repeat(97),
];

describe("the model's id", () => {
  for (const id of [...noIds, ...noRepositories]) {
    it(`is not ${JSON.stringify(id)}, also not as a tokenizer`, () => {
      const allowed = /must be a Hugging Face id such as Qwen\/Qwen2\.5-7B-Instruct-AWQ/;
      assert.match(refusalOf(() => numbered({ model: id })).join(), allowed);
      assert.match(refusalOf(() => numbered({}, { tokenizer: id })).join(), allowed);
    });
  }

  for (const id of ["gpt2", "Org-1/Model_2.5-AWQ", "casperhansen/deepseek-r1_7b-awq", "_a/b"]) {
    it(`may be ${id}`, () => {
      assert.equal(numbered({ model: id }).model, id);
    });
  }

  it("is not the name that every mode's model answers to", () => {
    assert.deepEqual(
      refusalOf(() => numbered({ model: "default" })),
      [
        "Pulumi.ml.yaml: model (found: \"default\"): is the name under which every mode's model answers, and no model's own. Write its Hugging Face id, such as Qwen/Qwen2.5-7B-Instruct-AWQ.",
      ],
    );
  });
});

describe("the model's numbers", () => {
  for (const key of ["quantization", "reasoningParser"]) {
    for (const value of ["--help", "$(HF_TOKEN)", "a b", "/etc/passwd"]) {
      it(`have one word as ${key}, and not ${value}`, () => {
        assert.match(
          refusalOf(() => numbered({}, { [key]: value })).join(),
          new RegExp(`modelNumbers\\.${key} .*must be one word of letters, digits`),
        );
      });
    }
  }

  it("are not of fewer bytes than such layers can have", () => {
    for (const weightBytes of [5_000_000, "5.2Mi", "450Mi"]) {
      assert.deepEqual(
        refusalOf(() => numbered({}, { weightBytes })),
        [
          `Pulumi.ml.yaml: modelNumbers.weightBytes (found: ${JSON.stringify(weightBytes)}): is too little: the 28 layers alone are 475267072 bytes at one bit a weight. Write the sum of the weight files with its unit, such as 5.2Gi.`,
        ],
      );
    }
    assert.equal(numbered({}, { weightBytes: "1.7Gi" }).modelNumbers?.weightBytes, "1.7Gi");
  });
});

describe("the commit of a model", () => {
  const commit = "a".repeat(40);

  it("is 40 hexadecimal digits, and no branch or tag, which can change", () => {
    for (const revision of ["main", "v1.0", "a".repeat(39), "A".repeat(40), `${commit}0`]) {
      assert.match(
        refusalOf(() => settingsOf({ revision })).join(),
        /revision .*must be a commit of the repository: 40 hexadecimal digits in lower case/,
      );
    }
    assert.equal(settingsOf({ revision: commit }).revision, commit);
  });

  it("stands beside its model, and not where all modes share it", () => {
    const shared = `config: {vllm-platform:revision: ${commit}}`;
    const own = "config: {vllm-platform:model: Qwen/Qwen2.5-7B-Instruct-AWQ}";
    assert.deepEqual(
      refusalOf(() => planTexts("ml", shared, { ml: own })),
      [
        `Pulumi.yaml: revision (found: "${commit}"): is shared by all modes, and a commit belongs to the repository of one model. Write it beside the model that it belongs to.`,
      ],
    );
    const both = `${shared.slice(0, -1)}, vllm-platform:model: Qwen/Qwen2.5-7B-Instruct-AWQ}`;
    assert.equal(planTexts("ml", both, { ml: "config: {}" }).settings.revision, commit);
  });

  it("of a tokenizer is only for one of another repository", () => {
    assert.deepEqual(
      refusalOf(() => settingsOf({ tokenizerRevision: commit })),
      [
        `Pulumi.ml.yaml: tokenizerRevision (found: "${commit}"): the tokenizer of Qwen/Qwen2.5-7B-Instruct-AWQ lies in the model's own repository. Remove it; revision pins both.`,
      ],
    );
  });
});
