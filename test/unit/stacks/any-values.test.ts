// Does not prove that the right thing is refused; only that any input ends in faults that help, or in a plan.
import assert from "node:assert/strict";
import fc from "fast-check";
import { settingsSchema } from "../../../stacks/settings/index.ts";
import { fileOf, outcome, value, values } from "./any-input.ts";
import { planTexts, servedModel } from "./support.ts";

const ml = `config: { vllm-platform:model: ${servedModel} }`;

describe("any values of settings", () => {
  it("as values of the files ends in faults or in a plan", () => {
    fc.assert(
      fc.property(values, values, fc.boolean(), (shared, own, wrapped) => {
        outcome(() => planTexts("some", fileOf(shared, wrapped), { some: fileOf(own, false), ml }));
      }),
      { numRuns: 300 },
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
    // Usual ones among them, or hardly any would fit.
    const size = (usual: number, most: number) =>
      fc.oneof(
        { weight: 3, arbitrary: fc.integer({ min: 1, max: usual }) },
        fc.integer({ min: 1, max: most }),
      );
    const version = fc.oneof(
      fc.constantFrom("535.274.02", "1.18.1", "999.1"),
      fc.tuple(size(700, 700), fc.nat(300)).map((parts) => parts.join(".")),
    );
    const settings = fc.record(
      {
        maxModelLen: size(8000, 65_281).map((tokens) => tokens + 255),
        maxNumSeqs: size(32, 1024),
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
                memoryMiB: size(48_000, 198_977).map((size) => size + 1023),
                computeCapability: fc.constantFrom(6.1, 7.5, 8.6, 12),
                desktopMiB: size(1000, 200_000),
              },
              { requiredKeys: [] },
            ),
            driver: fc.record({ version, allowUnsupported: fc.boolean() }, { requiredKeys: ["version"] }),
            toolkit: fc.record({ version, mode: fc.constantFrom("legacy", "cdi") }, { requiredKeys: [] }),
          },
          { requiredKeys: [] },
        ),
        memoryOverheads: fc.record(
          { samplerCopies: size(4, 100), cudaGraphs: size(1e9, 1e12).map(String) },
          { requiredKeys: [] },
        ),
        modelNumbers: fc.record({
          weightBytes: size(1e10, 1e12).map(String),
          layers: size(64, 1000),
          keyValueHeads: size(8, 1024),
          headSize: size(128, 4096),
          maxContext: fc.constant(10_485_760),
          hiddenSize: size(4096, 131_072),
          feedForwardSize: size(16_384, 1_048_576),
          vocabularySize: size(150_000, 10_000_000),
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
