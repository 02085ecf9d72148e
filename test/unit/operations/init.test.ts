// Does NOT prove what a cluster tells, nor that a file is written; test/engine/init.test.ts does.
import assert from "node:assert/strict";
import type { Change } from "../../../cluster/requirements/proposals.ts";
import { edited } from "../../../operations/init.ts";
import { RefusedError } from "../../../system/errors.ts";

const change = (path: Change["path"], value: unknown): Change => ({ path, value, why: "", from: undefined });
const text =
  "name: vllm-platform\nconfig:\n  vllm-platform:route:\n    value:\n      host: llm.home.example.org\n";

describe("the file that gpu-mode init writes", () => {
  it("may lack what a person has to write, below a group that was missing before", () => {
    const changes = [change(["cluster", "context"], "my-k3s"), change(["gpuNode", "name"], "nuc")];
    const after = edited(text, { changes, byHand: ["gpuNode.driver"] }, "Pulumi.yaml");
    assert.match(after, /context: my-k3s/);
    assert.match(after, /name: nuc/);
  });

  it("is refused with a value that is not allowed", () => {
    const changes = [change(["route", "host"], "no host")];
    assert.throws(
      () => edited(text, { changes, byHand: [] }, "Pulumi.yaml"),
      (error: unknown) => {
        assert.ok(error instanceof RefusedError);
        assert.deepEqual(
          error.faults.map(({ key }) => key),
          ["route.host"],
        );
        return true;
      },
    );
  });
});
