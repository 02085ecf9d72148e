// Does NOT prove that a finding is right: it proves that whatever a node answers ends as findings, and never as a crash.
import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import type { Finding } from "../../../../../cluster/findings/finding.ts";
import { judgeOutput } from "../../../../../cluster/gpu-node/check-by-ssh.ts";
import { readAnswer } from "../../../../../cluster/gpu-node/facts/answer.ts";
import { type SectionName, sectionNames } from "../../../../../cluster/gpu-node/facts/program.ts";
import { nodeSubject } from "../../../../../cluster/gpu-node/judge/subject.ts";
import { planFromFiles } from "../../../../../stacks/index.ts";
import { answerOf, healthySections } from "../../../../support/node-answer.ts";

const ml = nodeSubject(planFromFiles(join(import.meta.dirname, "../../../../.."), "ml"));
const judge = (bytes: Uint8Array): Finding[] =>
  judgeOutput(ml, { bytes: Buffer.from(bytes), errors: "", complete: true }, "tt@gpu");

function areWellFormed(findings: readonly Finding[]): void {
  assert.ok(findings.length > 0);
  for (const { item, state, found, fix } of findings) {
    assert.match(item, /^\S.*$/);
    assert.match(found, /^\S[^\r\n]*$/, `${item}: ${JSON.stringify(found)}`);
    assert.doesNotMatch(found, /\p{Cc}/u, `${item}: ${JSON.stringify(found)}`);
    assert.doesNotMatch(found, /undefined|NaN|\[object/);
    assert.equal(state === "fault" && fix === undefined, false, `${item} has no fix`);
  }
}

const texts = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  // Pieces of true answers, cut and mixed.
  fc
    .array(fc.constantFrom(...Object.values(healthySections()).map(({ text }) => text)), { maxLength: 3 })
    .chain((parts) => {
      const text = parts.join("");
      return fc
        .tuple(fc.nat(text.length), fc.nat(text.length))
        .map(([a, b]) => text.slice(Math.min(a, b), Math.max(a, b)));
    }),
);

describe("any answer of a node", () => {
  it("is taken apart, and stops the update unless it is one", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        assert.deepEqual(readAnswer(bytes), { sections: {}, begun: false });
        const findings = judge(bytes);
        areWellFormed(findings);
        assert.ok(findings.some(({ state }) => state === "fault"));
      }),
    );
  });

  it("is judged whatever any of its tools printed", () => {
    const said = fc.record({ text: texts, status: fc.nat(255) });
    const sections = fc.dictionary(fc.constantFrom(...sectionNames), said) as fc.Arbitrary<
      Partial<Record<SectionName, { text: string; status: number }>>
    >;
    fc.assert(
      fc.property(sections, fc.boolean(), (some, onTopOfHealthy) => {
        areWellFormed(judge(answerOf(onTopOfHealthy ? { ...healthySections(), ...some } : some)));
      }),
      { numRuns: 300 },
    );
  });

  it("is judged wherever it is cut off", () => {
    const whole = answerOf(healthySections());
    fc.assert(
      fc.property(fc.nat(whole.length), (at) => {
        areWellFormed(judge(whole.subarray(0, at)));
      }),
    );
  });
});
