// Does NOT prove that a commit or a digest exists: nobody is asked.
import assert from "node:assert/strict";
import { unpinned } from "../../../../stacks/cautions/index.ts";
import { modelOf } from "../../../../stacks/resolve/model.ts";
import { settingsOf } from "../support.ts";

const commit = "a".repeat(40);
const digest = `sha256:${"b".repeat(64)}`;
const r1 = "casperhansen/deepseek-r1-distill-qwen-7b-awq";
const left = (values: Record<string, unknown>) => {
  const settings = settingsOf(values);
  return unpinned(settings, modelOf(settings) ?? assert.fail());
};

describe("what is not pinned", () => {
  it("is image and model as long as nothing says otherwise, and a tokenizer of another repository", () => {
    assert.deepEqual(left({}), ["the image (image.digest)", "the model (revision)"]);
    assert.deepEqual(left({ model: r1 }), [
      "the image (image.digest)",
      "the model (revision)",
      "its tokenizer (tokenizerRevision)",
    ]);
  });

  it("is none of what has its digest and its commits", () => {
    assert.deepEqual(left({ image: { digest }, revision: commit }), []);
    assert.deepEqual(left({ model: r1, revision: commit }), [
      "the image (image.digest)",
      "its tokenizer (tokenizerRevision)",
    ]);
    assert.deepEqual(left({ model: r1, image: { digest }, revision: commit, tokenizerRevision: commit }), []);
  });
});
