// Does NOT prove what a cluster tells, nor that a file is written; test/engine/init.test.ts does.
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Change } from "../../../cluster/requirements/proposals.ts";
import { edited, proposeFor } from "../../../operations/init.ts";
import { openProject } from "../../../operations/project.ts";
import { Ended, RefusedError } from "../../../system/errors.ts";

const change = (path: Change["path"], value: unknown): Change => ({ path, value, why: "", from: undefined });
const text =
  "name: vllm-platform\nconfig:\n  vllm-platform:route:\n    value:\n      host: llm.home.example.org\n";

describe("a kubeconfig that is named to gpu-mode init", () => {
  it("is not understood where it is none, by its option, whatever lies there", async () => {
    const clone = join(import.meta.dirname, "../../..");
    for (const [kubeconfig, problem] of [
      [join(clone, "README.md"), /the file is no YAML/],
      [clone, /that is a folder/],
      [join(clone, "no-such-file"), /the file does not exist/],
    ] as const) {
      const given = { context: "k3s", kubeconfig };
      const how = { signal: new AbortController().signal, say: assert.fail };
      await assert.rejects(proposeFor(openProject({}), given, how), (error: unknown) => {
        assert.ok(error instanceof Ended);
        assert.equal(error.exit, "usage");
        assert.match(
          error.message,
          new RegExp(`--kubeconfig \\(found: "${kubeconfig}"\\): ${problem.source}`),
        );
        assert.match(error.message, /Name the one by which kubectl reaches your cluster/);
        return true;
      });
    }
  });
});

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
