// Does NOT prove what a server does with such a key: the engine tests set some in a sandbox, whose stub asks as vLLM does.
import assert from "node:assert/strict";
import type { LiveObject } from "../../../../cluster/api/index.ts";
import { heldKey, keyGoes, keyNotice, keyWarnings } from "../../../../cluster/server/api-key.ts";
import type { Plan } from "../../../../stacks/index.ts";

const secretWith = (key: string): object => ({ data: { "api-key": Buffer.from(key).toString("base64") } });

describe("the API key that a Secret holds", () => {
  it("is taken as it stands, and without a word where it is long enough", () => {
    const key = "!~0123456789abcd";
    assert.deepEqual(heldKey(secretWith(key)), { key });
    assert.deepEqual(keyWarnings({ key }, "ml"), []);
  });

  it("is none where there is no Secret, which is no fault, and told", () => {
    assert.deepEqual(heldKey(undefined), {});
    assert.deepEqual(keyWarnings({}, "ml"), []);
    assert.equal(
      keyNotice({}, "ml"),
      "Secret vllm-api-key is not there: it is made with a key, which clients need: pulumi stack output apiKey -s ml --show-secrets",
    );
    for (const held of [{ key: "k" }, { fault: "empty" }]) assert.equal(keyNotice(held, "ml"), undefined);
  });

  for (const [name, secret, fault] of [
    ["no data", {}, "no api-key"],
    ["another field", { data: { other: "eA==" } }, "no api-key"],
    ["an empty value", secretWith(""), "empty"],
    ...["sk-0123456789abcdef\n", "sk 0123456789abcdef", " ", "schl\u00fcssel-0123456", "sk-\u0000"].map(
      (key) =>
        [
          JSON.stringify(key),
          secretWith(key),
          "a blank, a line break or another character that no key may have",
        ] as const,
    ),
  ] as const) {
    it(`is none where the Secret holds ${name}`, () => {
      assert.deepEqual(heldKey(secret), { fault });
      assert.deepEqual(keyWarnings({ fault }, "ml"), [
        `Secret vllm-api-key held no usable key (${fault}): a new one is set; clients need it: pulumi stack output apiKey -s ml --show-secrets`,
      ]);
    });
  }

  it("is kept and warned of where it is short", () => {
    assert.deepEqual(heldKey(secretWith("short")), { key: "short" });
    const [warning = ""] = keyWarnings({ key: "0123456789abcde" }, "ml");
    assert.match(warning, /^Secret vllm-api-key holds a key of fewer than 16 characters, which is kept\./);
    assert.doesNotMatch(warning, /0123/);
  });
});

describe("a key that is asked for now", () => {
  const asking = { spec: { template: { spec: { containers: [{ env: [{ name: "VLLM_API_KEY" }] }] } } } };
  const told = (apiKey: boolean, deployment: object | undefined) =>
    keyGoes({ apiKey, mode: "r1" } as Plan, deployment as LiveObject | undefined);

  it("does not go without a word, where another mode does not set it", () => {
    assert.equal(
      told(false, asking),
      "No key is asked for any more: what is declared now asks for one, and mode r1 does not set apiKey. Where every mode should ask, write `vllm-platform:apiKey: true` into Pulumi.yaml.",
    );
  });

  it("is not told of where it stays, or where there was none", () => {
    assert.equal(told(true, asking), undefined);
    for (const none of [undefined, {}, { spec: { template: { spec: { containers: [{}] } } } }]) {
      assert.equal(told(false, none), undefined);
    }
  });
});
