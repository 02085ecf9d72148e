// Does not prove that the right thing is refused; only that any input ends in faults that help, or in a plan.
import assert from "node:assert/strict";
import fc from "fast-check";
import { fileOf, name, outcome, values } from "./any-input.ts";
import { planTexts, servedModel } from "./support.ts";

describe("a secret anywhere", () => {
  it("never has a secret's value in a fault, a plan or its description", () => {
    const secret = fc.stringMatching(/^[a-z0-9]{12,20}$/).map((word) => `hf_${word}`);
    const places: ((word: string) => Record<string, unknown>)[] = [
      (word) => ({ huggingFaceToken: word }),
      (word) => ({ huggingFaceToken: [word] }),
      (word) => ({ huggingfaceToken: { deep: { deeper: word } } }),
      (word) => ({ huggingFaceSecret: { name: "x", key: "y", token: word } }),
      (word) => ({ extraArguments: [`--api-key=${word}`] }),
      (word) => ({ extraArguments: ["--api-key", word] }),
      (word) => ({ extraArguments: [`--hf_token=${word}`, word] }),
      (word) => ({ extraArguments: `--api-key ${word}` }),
      (word) => ({ apiKey: word }),
      (word) => ({ [word]: true }),
    ];
    fc.assert(
      fc.property(secret, fc.constantFrom(...places), values, (word, place, others) => {
        const file = fileOf({ ...others, ...place(word) }, false);
        const said = outcome(() => planTexts("ml", "", { ml: file }));
        assert.ok(!said.includes(word), said);
      }),
      { numRuns: 300 },
    );
  });

  it("set with --secret, under any setting, is never said", () => {
    const secret = fc.stringMatching(/^[a-z0-9]{12,20}$/);
    fc.assert(
      fc.property(secret, name, fc.array(name, { maxLength: 3 }), (word, key, path) => {
        const inner = path.reduceRight<unknown>((below, part) => ({ [part]: below }), { secure: word });
        const file = fileOf({ model: servedModel, [key]: inner }, false);
        const said = outcome(() => planTexts("ml", "", { ml: file }));
        assert.ok(!said.includes(word), said);
      }),
      { numRuns: 300 },
    );
  });
});
