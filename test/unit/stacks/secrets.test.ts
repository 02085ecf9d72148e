// Does not prove that Pulumi encrypts what it stores; only that nothing here repeats a secret.
import assert from "node:assert/strict";
import { readModeTexts } from "../../../stacks/files/index.ts";
import { validateSettings } from "../../../stacks/index.ts";
import { planTexts, refusalOf, servedModel, settingsOf, withNeeded } from "./support.ts";

const value = "hf_0123456789";
const model = `vllm-platform:model: ${servedModel}`;

describe("secrets of the configuration", () => {
  it("are refused in the clear, with the command that sets them, and never shown", () => {
    assert.deepEqual(
      refusalOf(() => settingsOf({ huggingFaceToken: value })),
      [
        'Pulumi.ml.yaml: huggingFaceToken (found: "(hidden)"): must be a Pulumi secret, and is not. Remove it, as whoever has seen this file knows it, and take a new one. Run `pulumi config set --secret huggingFaceToken -s ml`, or `npm run set-secret -- huggingFaceToken` for all modes.',
      ],
    );
  });

  it("are not shown under a misspelt key, in an argument, nor in a value of the wrong form", () => {
    const places: Record<string, unknown>[] = [
      { huggingFaceTokn: value },
      { apiKey: value },
      { hfToken: "0123456789" },
      { extraArguments: [`--api-key=${value}`] },
      { extraArguments: ["--api-key", "0123456789", "--hf_token=0123456789"] },
      { extraArguments: "--api-key 0123456789" },
      { extraArguments: [{ "--api-key": "0123456789" }] },
      { huggingFaceToken: { token: "0123456789" } },
      { huggingFaceSecret: { name: value } },
    ];
    for (const place of places) {
      const text = refusalOf(() => settingsOf(place)).join("\n");
      assert.doesNotMatch(text, /0123456789/, JSON.stringify(Object.keys(place)));
    }
  });

  it("become part of the plan only by being there", () => {
    const withToken = (secure: string) =>
      planTexts("ml", "", {
        ml: `config: { ${model}, vllm-platform:huggingFaceToken: { secure: ${secure} } }`,
      });
    assert.deepEqual(withToken("one").huggingFace, { kind: "token" });
    assert.equal(JSON.stringify(withToken("one")), JSON.stringify(withToken("another")));
    assert.notEqual(withToken("one").hash, planTexts("ml", "", { ml: `config: { ${model} }` }).hash);
  });

  it("exclude the Secret that is already in the cluster", () => {
    assert.deepEqual(
      refusalOf(() =>
        validateSettings({
          mode: "ml",
          values: withNeeded({
            model: servedModel,
            huggingFaceToken: value,
            huggingFaceSecret: { name: "hf" },
          }),
          fileOf: () => "Pulumi.ml.yaml",
          secretKeys: new Set(["huggingFaceToken"]),
        }),
      ),
      [
        'Pulumi.ml.yaml: huggingFaceSecret (found: {"name":"hf"}): excludes huggingFaceToken, and both are set. Remove one of the two, for example with `pulumi config rm huggingFaceToken`.',
      ],
    );
    const plan = planTexts("ml", "", {
      ml: `config: { ${model}, vllm-platform:huggingFaceSecret: { name: hf } }`,
    });
    assert.deepEqual(plan.huggingFace, { kind: "existing", name: "hf", key: "token" });
  });

  it("must be one word", () => {
    const [line = ""] = refusalOf(() =>
      validateSettings({
        mode: "ml",
        values: { model: servedModel, huggingFaceToken: `${value}\n` },
        fileOf: () => "Pulumi.ml.yaml",
        secretKeys: new Set(["huggingFaceToken"]),
      }),
    );
    assert.match(
      line,
      /huggingFaceToken \(found: "\(hidden\)"\): must be one word without blanks and line breaks\./,
    );
    assert.doesNotMatch(line, /0123456789/);
  });

  it("are refused where the value shows in the cluster anyway, at any depth", () => {
    const raw = readModeTexts(
      "ml",
      "",
      `config: { ${model}, vllm-platform:route: { host: { secure: "v1:x" } } }`,
    );
    assert.deepEqual(
      refusalOf(() => validateSettings({ ...raw, values: withNeeded(raw.values) })),
      [
        'Pulumi.ml.yaml: route (found: "(hidden)"): is encrypted, but what it sets shows in the cluster in the clear. Set it with `pulumi config set`, without --secret.',
      ],
    );
  });
});
