// Does not prove that the right thing is refused; only that any input ends in faults that help, or in a plan.
import assert from "node:assert/strict";
import fc from "fast-check";
import { stringify } from "yaml";
import { describePlan, RefusedError } from "../../../stacks/index.ts";
import { fieldsOf } from "../../../stacks/schema-tree.ts";
import { settingsSchema } from "../../../stacks/settings.ts";
import { planTexts, servedModel } from "./support.ts";

/** Names of settings at any depth, and a few that are none. */
const knownNames = (function names(fields: Record<string, unknown>): string[] {
  return Object.entries(fields).flatMap(([name, schema]) => [
    name,
    ...names(fieldsOf(schema as never) ?? {}),
  ]);
})(settingsSchema.shape);

const name = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...Object.keys(settingsSchema.shape)) },
  { weight: 2, arbitrary: fc.constantFrom(...knownNames) },
  fc.constantFrom("__proto__", "constructor", "toString", "hasOwnProperty", "secure", "value", ""),
  fc.string(),
);

/** Values as files hold them: plain ones that come close to what is allowed, groups of known names, and anything. */
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<unknown>(
      true,
      "true",
      0,
      1,
      8192,
      "8192",
      -1,
      1e21,
      Number.NaN,
      null,
      "",
      "1Gi",
      "500m",
      "2h",
      servedModel,
      "latest",
      "v0.9.0",
      "--api-key",
      "--max_model_len=1",
      "{",
      "[1",
      '{"host":1}',
    ),
    fc.jsonValue(),
    fc.string(),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(name, tie("value"), { maxKeys: 5 }),
  ),
}));

const values = fc.dictionary(name, value, { maxKeys: 6 });

/** A file with these settings, some of them rather beside the point. */
function fileOf(settings: Record<string, unknown>, wrapped: boolean): string {
  const config = Object.entries(settings).map(([key, inner]) => [
    `vllm-platform:${key}`,
    wrapped ? { value: inner } : inner,
  ]);
  return stringify({ config: Object.fromEntries(config) }, { aliasDuplicateObjects: false });
}

/** Faults that help, or a plan; anything else fails. Answers what was said. */
function outcome(run: () => ReturnType<typeof planTexts>): string {
  try {
    const plan = run();
    assert.match(plan.hash, /^[0-9a-f]{64}$/);
    assert.ok(plan.server.arguments.every((word) => typeof word === "string" && word !== ""));
    return [...describePlan(plan), JSON.stringify(plan)].join("\n");
  } catch (error) {
    assert.ok(error instanceof RefusedError, `${(error as Error).stack}`);
    assert.ok(error.faults.length > 0);
    for (const fault of error.faults) {
      for (const part of [fault.where, fault.problem, fault.mend]) {
        assert.match(part, /\S/);
        assert.doesNotMatch(part, /undefined|\[object|Invalid input|expected \w+, received/, error.message);
      }
    }
    return error.message;
  }
}

const ml = `config: { vllm-platform:model: ${servedModel} }`;

describe("any input", () => {
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

  it("as texts of the files ends in faults or in a plan", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "config:",
        "\n  vllm-platform:",
        "model: ",
        "route: ",
        "&a ",
        "*a",
        "{",
        "}",
        "[",
        "]",
        "- ",
        "\n",
        "!!binary ",
        "? ",
        "<<: ",
      ),
      fc.string({ maxLength: 8 }),
    );
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join("")),
    );
    fc.assert(
      fc.property(text, text, fc.string(), (project, own, mode) => {
        outcome(() => planTexts("ml", project, { ml: own }));
        outcome(() => planTexts(mode, project, { [mode]: ml, ml }));
      }),
      { numRuns: 1500 },
    );
  });

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
      { numRuns: 1000 },
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
      { numRuns: 1000 },
    );
  });
});
