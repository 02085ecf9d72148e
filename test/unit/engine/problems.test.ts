// Does NOT prove that pulumi still prints its errors in these forms: each is as a real one printed it.
import assert from "node:assert/strict";
import { problemsIn } from "../../../engine/problems.ts";

const preview = (...messages: string[]) =>
  JSON.stringify({ diagnostics: messages.map((message) => ({ message, severity: "error" })) }, null, 2);
const update = (...messages: string[]) =>
  [
    "not JSON",
    ...messages.map((message) => JSON.stringify({ diagnosticEvent: { message, severity: "error" } })),
  ].join("\n");

describe("pulumi's errors", () => {
  const invalid =
    'the Kubernetes API server reported that "ml/vllm-server" failed to fully initialize or become live: Deployment.apps "vllm-server" is invalid: cannot set `allowPrivilegeEscalation` to false and `privileged` to true';

  it("are the points below their announcement, of a preview and of an update", () => {
    const failed = `error: Preview failed: 1 error occurred:\n\t* ${invalid}\n\n\n`;
    assert.deepEqual(problemsIn(preview(failed, "error: preview failed\n"), ""), [invalid]);
    assert.deepEqual(problemsIn(update(`1 error occurred:\n\t* ${invalid}\n\n\n`, "update failed\n"), ""), [
      invalid,
    ]);
    assert.deepEqual(
      problemsIn(update("2 errors occurred:\n\t* one\n\t* 1 error occurred:\n\t\t* two\n\n\n", "one\n"), ""),
      ["one", "two"],
    );
  });

  it("keep the lines that belong to them", () => {
    const refusal =
      "The cluster cannot serve mode r1; nothing was changed:\n  PCI: no card. Look.\n  SSH: closed.";
    assert.deepEqual(problemsIn(update(`${refusal}\n`), "warning: not read"), [refusal]);
  });

  it("stand on standard error where pulumi does not begin", () => {
    const errors = [
      "warning: something else",
      "error: 2 errors occurred:",
      "    1) write /state/.pulumi/locks/ml/a.json.tmp: no space left on device",
      "    2) Unknown",
    ].join("\n");
    assert.deepEqual(problemsIn("", errors), [
      "write /state/.pulumi/locks/ml/a.json.tmp: no space left on device",
    ]);
    const locked =
      "the stack is currently locked by 1 lock(s).\n  file:///a.json: created by me@nuc (pid 1) at 2026-11-24T07:57:00Z";
    assert.deepEqual(problemsIn("", `error: ${locked}\n`), [locked]);
    assert.deepEqual(problemsIn("", "unknown flag: --x\n"), ["unknown flag: --x"]);
  });

  it("are never dropped altogether", () => {
    assert.deepEqual(problemsIn(preview("error: preview failed\n"), ""), ["preview failed"]);
    assert.deepEqual(problemsIn("", ""), []);
    assert.deepEqual(problemsIn('{"diagnosticEvent": {"mess', ""), [], "a pulumi that was killed");
  });
});
