// Does NOT prove that the engine prints these lines; they were copied from pulumi 3.259.0.
import assert from "node:assert/strict";
import { describeStep, diagnosticsOf } from "../../../../../lab/sandbox/pulumi/up.ts";

describe("what pulumi up prints", () => {
  const lines: [string, string | undefined][] = [
    [" +  kubernetes:core/v1:Service vllm-api creating (0s) ", "Service vllm-api creating"],
    [" +  kubernetes:core/v1:Service vllm-api created (0.05s) ", "Service vllm-api created"],
    ["@ updating....", undefined],
    [
      " ~  kubernetes:apps/v1:Deployment vllm-server updating (0s) [diff: ~spec]",
      "Deployment vllm-server updating",
    ],
    [
      " +  kubernetes:traefik.io/v1alpha1:IngressRoute platform-https created (0.1s)",
      "IngressRoute platform-https created",
    ],
    [" -  command:local:Command platform-served deleted (0.01s)", "Command platform-served deleted"],
    [" +- kubernetes:batch/v1:Job one replacing (0s)", "Job one replacing"],
    [" +  pulumi:pulumi:Stack vllm-platform-ml creating (0s)", undefined],
    [" ~  pulumi:providers:kubernetes cluster refreshing (0s)", undefined],
    ["Resources:", undefined],
    ["", undefined],
  ];
  for (const [line, said] of lines) {
    it(`is shown as ${JSON.stringify(said)}: ${line.trim()}`, () => assert.equal(describeStep(line), said));
  }

  it("is cut down to its diagnostics when it fails", () => {
    const output = [
      "Updating (ml):",
      " +  kubernetes:core/v1:Service vllm-api created (0.05s)",
      "Diagnostics:",
      "  kubernetes:apps/v1:Deployment (vllm-server):",
      "    error: it does not start",
      "",
      "Resources:",
      "    + 3 created",
    ];
    assert.equal(
      diagnosticsOf(output),
      "kubernetes:apps/v1:Deployment (vllm-server):\n    error: it does not start",
    );
    assert.equal(diagnosticsOf(output.slice(0, 5)), diagnosticsOf(output));
  });

  it("is shown by its end where it has no diagnostics", () => {
    const output = Array.from({ length: 40 }, (_, index) => `line ${index}`);
    assert.equal(diagnosticsOf(output), output.slice(-15).join("\n"));
    assert.equal(diagnosticsOf([]), "");
  });
});
