// Does NOT prove that Pulumi says any of it; test/engine/preview.test.ts asks a real one.
import assert from "node:assert/strict";
import type { PreviewStep } from "../../../../engine/preview.ts";
import { answerOf, askEngine, type Told } from "../../../../lab/preview/ask-engine.ts";
import { whyNotAsked } from "../../../../lab/preview/changed-files.ts";
import { previewJson, previewMarkdown } from "../../../../lab/preview/report.ts";
import type { ModeReport } from "../../../../lab/preview/verdict.ts";
import { withEngine } from "../../../../lab/preview/with-engine.ts";
import { silentProgress } from "../../../support/sandbox.ts";

const step = (
  change: PreviewStep["change"],
  resource: string,
  more: Partial<PreviewStep> = {},
): PreviewStep => ({
  change,
  resource,
  isObject: !resource.startsWith("Command/"),
  fields: [],
  replacedFor: [],
  restartsPods: false,
  ...more,
});
const told = (...steps: PreviewStep[]): Told => ({ state: "previewed", steps, problems: [] });
const report = (more: Partial<ModeReport> = {}): ModeReport => ({
  mode: "ml",
  verdict: "changed",
  sentence: "1 change",
  objects: [{ object: "Deployment/vllm-server", change: "changed", fields: [] }],
  ...more,
});
const unchanged = report({ verdict: "unchanged", sentence: "nothing", objects: [] });
const sentence = (answer: Told, of = report()): string => withEngine(of, answer).sentence;

describe("a mode's report with what Pulumi said", () => {
  it("says what the manifests do not: a restart, a replacement, what is left, what else is touched", () => {
    const server = step("update", "Deployment/vllm-server");
    assert.equal(sentence(told(server, step("update", "ConfigMap/gpu-mode"))), "1 change");
    assert.equal(sentence(told({ ...server, restartsPods: true })), "1 change; the pod restarts");
    assert.equal(
      sentence(told({ ...server, restartsPods: true }), report({ sentence: "1 change; the pod restarts" })),
      "1 change; the pod restarts",
    );
    assert.equal(
      sentence(told(step("replace", "Deployment/vllm-server", { replacedFor: ["spec.selector"] }))),
      "1 change; Deployment/vllm-server is replaced for spec.selector",
    );
    assert.equal(sentence(told()), "1 change; Pulumi leaves Deployment/vllm-server as it is");
    assert.equal(
      sentence(told(server, step("delete", "Service/a"))),
      "1 change; Pulumi would delete Service/a",
    );
  });

  it("is a change where both sides declare the same and Pulumi does something all the same", () => {
    const { verdict, sentence } = withEngine(unchanged, told(step("update", "Command/vllm-served")));
    assert.deepEqual(
      [verdict, sentence],
      ["changed", "no object changes; Pulumi runs again: Command/vllm-served"],
    );
    assert.equal(withEngine(unchanged, told()).verdict, "unchanged");
  });

  it("is a refusal in the API server's words, and an error where the program breaks", () => {
    const words = ".spec.ipAllowList.sourceRanges: field not declared in schema";
    const refused = withEngine(unchanged, {
      ...told(),
      state: "refused",
      problems: [{ object: "Middleware/a", words }],
    });
    assert.deepEqual(
      [refused.verdict, refused.sentence],
      ["refused", `the API server refuses Middleware/a: ${words}`],
    );
    const failed = withEngine(unchanged, {
      ...told(),
      state: "failed",
      problems: [{ words: "TypeError: no" }],
    });
    assert.deepEqual([failed.verdict, failed.sentence], ["error", "Pulumi could not tell: TypeError: no"]);
  });

  it("takes the provider's preface, the commit, stack traces and refused values out of what was said", () => {
    const answer = answerOf({
      differs: true,
      steps: [step("update", "ConfigMap/gpu-mode", { fields: ["data.source", "data.sourceCommitted"] })],
      problems: [
        {
          object: "Middleware/a",
          words:
            'the Kubernetes API server reported that "ml/a" failed to fully initialize or become live: failed to create typed patch object (ml/a; traefik.io/v1alpha1, Kind=Middleware): .spec.b: field not declared in schema',
        },
        { object: "Deployment/b", words: 'spec.containers[0].env[0].value: Invalid value: "hun\\"ter2": no' },
      ],
    });
    assert.deepEqual(answer, {
      state: "refused",
      steps: [],
      problems: [
        { object: "Middleware/a", words: ".spec.b: field not declared in schema" },
        { object: "Deployment/b", words: "spec.containers[0].env[0].value: Invalid value: •••: no" },
      ],
    });
    const crash =
      "Running program '/tmp/x/main.mjs' failed with an unhandled exception:\n<ref *1> x\n  TypeError: no\n    at f (/tmp/x/a.ts:1:2)";
    const broken = answerOf({ differs: false, steps: [], problems: [{ words: crash }] });
    assert.deepEqual([broken.state, broken.problems], ["failed", [{ words: "TypeError: no" }]]);
  });

  it("stands in the report below its mode, by names of fields and no value, and in the JSON", () => {
    const commits = { head: "1", base: "2", baseName: "main", at: "now", notes: [], again: "--base 2" };
    const modes = [
      withEngine(
        report(),
        told(step("update", "Deployment/vllm-server", { fields: ["spec.a"] }), step("create", "Service/b")),
      ),
      withEngine({ ...unchanged, mode: "r1" }, { state: "not asked", why: "the same" }),
    ];
    const text = previewMarkdown(modes, commits);
    assert.match(
      text,
      /^#### pulumi preview\n\n```diff\n! update Deployment\/vllm-server: spec\.a\n\+ create Service\/b\n```$/m,
    );
    assert.match(text, /^Pulumi not asked: <code>r1<\/code> \(the same\)$/m);
    assert.equal(JSON.parse(previewJson(modes, commits)).modes[0].engine.state, "previewed");
  });
});

describe("whether Pulumi is asked", () => {
  const why = (one: Partial<ModeReport>, changed: string[], isGone = false) =>
    whyNotAsked({ ...unchanged, ...one }, { changed, isGone }) ?? "asked";

  it("hangs on the objects, the program and the mode's own files", () => {
    for (const changed of [
      ["docs/ci.md", "README.md", "test/a.ts", "cli/a.ts", "lab/b.ts", "Pulumi.r1.yaml"],
      [],
    ]) {
      assert.equal(why({}, changed), "neither the program nor their files and objects differ");
    }
    for (const file of [
      "stacks/plan/index.ts",
      "Pulumi.yaml",
      "Pulumi.ml.yaml",
      "package.json",
      "new/a.ts",
    ]) {
      assert.equal(why({}, [file]), "asked", file);
    }
    assert.equal(why({ verdict: "changed" }, []), "asked");
    assert.equal(why({ verdict: "refused" }, ["index.ts"]), "refused before");
    assert.equal(why({ verdict: "changed" }, ["index.ts"], true), "gone");
  });

  it("is one mode after the other: the base's up, then the head's preview; those without a base come last", async () => {
    const order: string[] = [];
    const engine = (side: string) => ({
      preview: async (stack: string) => {
        order.push(`${side} preview ${stack}`);
        return { differs: false, steps: [], problems: [] };
      },
      up: async (stack: string) => {
        order.push(`${side} up ${stack}`);
      },
    });
    const answers = await askEngine(
      ["added", "ml", "r1"],
      { base: engine("base"), head: engine("head"), hasBase: (mode) => mode !== "added" },
      silentProgress,
    );
    assert.deepEqual(order, [
      "base up ml",
      "head preview ml",
      "base up r1",
      "head preview r1",
      "head preview added",
    ]);
    assert.deepEqual(
      [...answers].map(([mode, { on }]) => [mode, on]),
      [
        ["ml", undefined],
        ["r1", undefined],
        ["added", "no state: the base does not have it"],
      ],
    );
  });
});
