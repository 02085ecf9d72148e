// Does not prove that the right thing is refused; only that any input ends in faults that help, or in a plan.
import assert from "node:assert/strict";
import fc from "fast-check";
import { settingsSchema } from "../../../stacks/settings.ts";
import { fileOf, outcome, value, values } from "./any-input.ts";
import { planTexts, servedModel } from "./support.ts";

const ml = `config: { vllm-platform:model: ${servedModel} }`;

describe("any values of settings", () => {
  it("as values of the files ends in faults or in a plan", () => {
    fc.assert(
      fc.property(values, values, fc.boolean(), (shared, own, wrapped) => {
        outcome(() => planTexts("some", fileOf(shared, wrapped), { some: fileOf(own, false), ml }));
      }),
      { numRuns: 1500 },
    );
  });

  it("as values of one known setting ends in faults or in a plan", () => {
    const setting = fc.constantFrom(...Object.keys(settingsSchema.shape));
    const ends = new Set<boolean>();
    fc.assert(
      fc.property(setting, value, (key, inner) => {
        const file = fileOf({ model: servedModel, [key]: inner }, false);
        ends.add(outcome(() => planTexts("ml", "", { ml: file })).startsWith("mode ml: "));
      }),
      { numRuns: 1500 },
    );
    assert.equal(ends.size, 2, "only plans or only faults came out, so the values are too tame or too wild");
  });

  it("as numbers of models, cards and drivers, all of them allowed, ends in the gates' faults or in a plan", () => {
    const size = (most: number) => fc.integer({ min: 1, max: most });
    const version = fc.tuple(size(700), fc.nat(300)).map((parts) => parts.join("."));
    const settings = fc.record(
      {
        maxModelLen: fc.integer({ min: 256, max: 65_536 }),
        maxNumSeqs: size(1024),
        gpuMemoryUtilization: fc.double({ min: 0.1, max: 0.98, noNaN: true }),
        enforceEager: fc.boolean(),
        image: fc.record({
          tag: fc.constantFrom("v0.5.5", "v0.8.5.post1", "v0.11.0", "v0.20.0", "v0.31.0", "v0.99.0"),
        }),
        gpuNode: fc.record(
          {
            card: fc.record(
              {
                name: fc.constantFrom("NVIDIA GeForce RTX 3060", "Tesla T4", "?"),
                memoryMiB: fc.integer({ min: 1024, max: 200_000 }),
                computeCapability: fc.constantFrom(6.1, 7.5, 8.6, 12),
                desktopMiB: fc.nat(200_000),
              },
              { requiredKeys: [] },
            ),
            driver: fc.record({ version, allowUnsupported: fc.boolean() }, { requiredKeys: ["version"] }),
            toolkit: fc.record({ version, mode: fc.constantFrom("legacy", "cdi") }, { requiredKeys: [] }),
          },
          { requiredKeys: [] },
        ),
        memoryOverheads: fc.record(
          { samplerCopies: fc.nat(100), cudaGraphs: size(1e12).map(String) },
          { requiredKeys: [] },
        ),
        modelNumbers: fc.record({
          weightBytes: size(1e12).map(String),
          layers: size(1000),
          keyValueHeads: size(1024),
          headSize: size(4096),
          maxContext: fc.constant(10_485_760),
          hiddenSize: size(131_072),
          feedForwardSize: size(1_048_576),
          vocabularySize: size(10_000_000),
          minimumComputeCapability: fc.constantFrom(7, 7.5, 9),
        }),
      },
      { requiredKeys: [] },
    );
    const ends = new Set<boolean>();
    fc.assert(
      fc.property(settings, (own) => {
        const model = own.modelNumbers === undefined ? servedModel : "some/model";
        const said = outcome(() => planTexts("ml", "", { ml: fileOf({ model, ...own }, false) }));
        assert.doesNotMatch(said, /NaN|Infinity/);
        ends.add(said.startsWith("mode ml: "));
      }),
      { numRuns: 1000 },
    );
    assert.equal(ends.size, 2, "only plans or only faults came out");
  });
});
