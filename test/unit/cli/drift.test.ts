// Does NOT prove that what is told is so: test/engine/drift.test.ts looks at a real cluster.
import assert from "node:assert/strict";
import { statusOf } from "../../../cli/drift/index.ts";
import { driftMarkdown } from "../../../cli/drift/markdown.ts";
import { driftText } from "../../../cli/drift/words.ts";
import type { Drift } from "../../../cluster/drift/item.ts";
import { toBeDone } from "../../../operations/drift/fix.ts";
import type { DriftReport } from "../../../operations/drift/index.ts";

const changed: Drift = {
  ...{
    part: "cluster",
    kind: "changed",
    object: "Deployment/vllm-server",
    field: "spec.replicas",
    fix: "update",
  },
  ...{ declared: "1", found: "2", by: "kubectl", at: "2026-11-01T03:00:00Z" },
};
const stray: Drift = { part: "around", kind: "undeclared", object: "ConfigMap/stray", fix: "prune" };
const taint: Drift = {
  part: "around",
  kind: "node",
  object: "Node/gpu",
  detail: "no taint",
  fix: "hand",
  how: "Taint it",
};
const none: DriftReport = {
  ...{ stack: "ml", mode: "ml", server: "https://10.0.0.1:6443", against: "state", drifts: [], ignored: [] },
  ...{ unknown: [], notes: [], fingerprint: "abc" },
};

describe("gpu-mode drift", () => {
  it("ends with 0 only where everything could be told, and with 2 for drift, whatever else could not", () => {
    assert.equal(statusOf(none), 0);
    assert.equal(statusOf({ ...none, drifts: [changed] }), 2);
    assert.equal(statusOf({ ...none, unknown: ["x"] }), 4);
    assert.equal(statusOf({ ...none, drifts: [changed], unknown: ["x"] }), 2);
  });

  it("tells each finding in a line, and what a person does about it", () => {
    const text = driftText({ ...none, drifts: [changed, stray, taint], unknown: ["Who is it?"] }).join("\n");
    assert.match(text, /Drift of stack ml: 3 findings\./);
    assert.match(text, /^Could not be told: Who is it\?$/m);
    assert.match(
      text,
      /^ {2}Deployment\/vllm-server: spec\.replicas is changed: 1 → 2, by kubectl at 2026-11-01T03:00:00Z$/m,
    );
    assert.match(text, /^ {2}ConfigMap\/stray is declared by no stack$/m);
    assert.match(text, /^ {4}→ Taint it$/m);
    assert.match(driftText(none).join("\n"), /No drift of stack ml\./);
    assert.match(
      driftText({ ...none, unknown: ["x"] }).join("\n"),
      /It could not be told whether there is drift/,
    );
  });

  it("promises of --fix only what it does: nothing, before all of it can be told", () => {
    const last = (report: DriftReport): (string | undefined)[] => [
      driftText(report).at(-1),
      driftMarkdown(report).split("\n").at(-1),
    ];
    const document = "The same, locally: `gpu-mode drift`; `gpu-mode drift --fix` puts it right";
    assert.deepEqual(last({ ...none, drifts: [changed] }), [
      "gpu-mode drift --fix puts it right.",
      `${document}.`,
    ]);
    assert.deepEqual(last({ ...none, drifts: [changed], unknown: ["x"] }), [
      "gpu-mode drift --fix puts it right, once all of it can be told.",
      `${document}, once all of it can be told.`,
    ]);
    assert.equal(
      driftText({ ...none, drifts: [changed, stray], unknown: ["x"] }).at(-1),
      "gpu-mode drift --fix puts right what is declared, once all of it can be told; with --prune it also removes what no stack declares.",
    );
  });

  it("writes a document that begins with its marker and fingerprint, and in which foreign text is only text", () => {
    const hostile = "a|b `c` <!-- d --> @all #1 **e**\n# f";
    const lines = driftMarkdown({ ...none, drifts: [{ ...changed, field: hostile, by: hostile }] }).split(
      "\n",
    );
    assert.deepEqual(lines.slice(0, 2), ["<!-- vllm-platform:drift -->", "<!-- fingerprint: abc -->"]);
    const text = lines.slice(2, -1).join("\n");
    assert.doesNotMatch(text, /<!--|@all|#1\b|`|^# f/m);
    assert.match(text, /a&#124;b &#96;c&#96; &#60;&#33;-- d --&#62; &#64;all &#35;1/);
  });

  it("with --fix updates for what is declared, and deletes only with --prune", () => {
    const drifts = [changed, stray, taint];
    assert.deepEqual(toBeDone({ drifts }, { prune: false }), {
      updates: true,
      removed: [],
      left: [stray, taint],
    });
    assert.deepEqual(toBeDone({ drifts }, { prune: true }), {
      updates: true,
      removed: [stray],
      left: [taint],
    });
    assert.equal(toBeDone({ drifts: [taint] }, { prune: true }).updates, false);
  });
});
