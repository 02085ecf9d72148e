// Does NOT prove that pulumi still prints a preview in this form: test/engine/preview.test.ts asks a real one.
import assert from "node:assert/strict";
import { failedPreviewIn, previewIn, together } from "../../../engine/preview.ts";

const urn = (type: string, name: string) =>
  `urn:pulumi:ml::vllm-platform::vllm-platform:index:VllmPlatform$${type}::${name}`;
const deployment = urn("kubernetes:apps/v1:Deployment", "vllm-server-deployment");
const object = (kind: string, name: string, spec = {}) => ({ inputs: { kind, metadata: { name }, spec } });
const step = (op: string, more: object = {}) => ({
  op,
  urn: deployment,
  oldState: object("Deployment", "vllm-server"),
  newState: object("Deployment", "vllm-server"),
  ...more,
});
const printed = (steps: object[], diagnostics: object[] = [], changeSummary = {}) =>
  JSON.stringify({ steps, diagnostics, changeSummary });

describe("a preview that pulumi printed", () => {
  it("is what an update would touch, by the objects' own names, in a stable order, without what only holds others", () => {
    const template = { "spec.template.spec.containers[0].image": { kind: "update" } };
    const { steps, differs } = previewIn(
      printed(
        [
          step("same"),
          step("update", { detailedDiff: template }),
          step("create", { urn: urn("kubernetes:core/v1:Service", "a"), newState: object("Service", "b") }),
          step("delete", { newState: undefined, detailedDiff: null }),
          step("update", { urn: urn("command:local:Command", "vllm-served"), newState: {} }),
          step("replace", { urn: "urn:pulumi:ml::vllm-platform::pulumi:providers:kubernetes::vllm-cluster" }),
          step("create", { urn: "urn:pulumi:ml::vllm-platform::pulumi:pulumi:Stack::vllm-platform-ml" }),
          step("create", { urn: urn("vllm-platform:index:Server", "vllm-server") }),
        ],
        [],
        { same: 1, update: 2 },
      ),
    );
    assert.equal(differs, true);
    assert.deepEqual(
      steps.map(({ change, resource, restartsPods }) => `${change} ${resource} ${restartsPods}`),
      [
        "update Deployment/vllm-server true",
        "delete Deployment/vllm-server false",
        "create Service/b false",
        "update Command/vllm-served false",
        "replace Provider/vllm-cluster false",
      ],
    );
    assert.deepEqual(steps[0]?.fields, ["spec.template.spec.containers[0].image"]);
  });

  it("tells what an object is replaced for, and that no pod restarts where none runs", () => {
    const detailedDiff = {
      "spec.selector.matchLabels.app": { kind: "update-replace" },
      "spec.template.metadata.labels.app": { kind: "update" },
    };
    const [replaced, idle] = previewIn(
      printed([
        step("replace", { detailedDiff }),
        step("update", { detailedDiff, newState: object("Deployment", "vllm-server", { replicas: 0 }) }),
      ]),
    ).steps;
    assert.deepEqual(replaced?.replacedFor, ["spec.selector.matchLabels.app"]);
    assert.deepEqual([replaced?.restartsPods, idle?.restartsPods], [true, false]);
  });

  it("differs in nothing where all is the same, whatever else it is called", () => {
    assert.equal(previewIn(printed([step("same")], [], { same: 3, update: 0 })).differs, false);
    assert.equal(previewIn(printed([], [], { same: 3, discard: 1 })).differs, true);
  });

  it("that failed names the object that the API server refuses, and says nothing of the rest twice", () => {
    const words = ".spec.replicaz: field not declared in schema";
    const failed = printed(
      [step("update")],
      [
        { severity: "warning", message: "warning: something else" },
        {
          severity: "error",
          urn: deployment,
          message: `error: Preview failed: 1 error occurred:\n\t* ${words}\n`,
        },
        { severity: "error", urn: urn("kubernetes:core/v1:Service", "a"), message: "error: no\u001b[2J\n" },
        { severity: "error", message: "error: preview failed\n" },
      ],
    );
    assert.deepEqual(failedPreviewIn(failed)?.problems, [
      { object: "Deployment/vllm-server", words },
      { object: "Service/a", words: "no\\u001b[2J" },
    ]);
  });

  it("that left out what an earlier one saw refused tells the rest of it, and nothing twice", () => {
    const service = urn("kubernetes:core/v1:Service", "a");
    const refused = (where: string, words: string) => ({
      severity: "error",
      urn: where,
      message: `error: ${words}\n`,
    });
    const broken = { severity: "error", message: "error: the program says so\n" };
    const first = failedPreviewIn(printed([step("update")], [refused(deployment, "no"), broken]));
    const second = failedPreviewIn(printed([], [refused(service, "nor this"), broken]));
    assert.ok(first !== undefined && second !== undefined);
    assert.deepEqual([first.refused, second.refused], [[deployment], [service]]);
    const whole = together(first, second);
    assert.deepEqual(whole.problems, [
      { words: "the program says so" },
      { object: "Deployment/vllm-server", words: "no" },
      { object: "Service/a", words: "nor this" },
    ]);
    assert.deepEqual(whole.steps, first.steps);
  });

  it("that never began, or was cut off, is none", () => {
    for (const output of ["", '{"steps": [', printed([])]) assert.equal(failedPreviewIn(output), undefined);
    assert.throws(() => previewIn(""), SyntaxError);
  });
});
