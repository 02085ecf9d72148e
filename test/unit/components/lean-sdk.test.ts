// Does NOT prove that a preview or an update works without it: every engine test does.
import assert from "node:assert/strict";
import { projectRoot } from "../../../lab/sandbox/base/paths.ts";
import { outputOf } from "../../../system/processes.ts";

/** In a process of its own, as what is left out is so for a whole process. */
const program = `
  import { createRequire } from "node:module";
  import { leftOut } from "./lean-sdk.mjs";
  const require = createRequire(process.cwd() + "/");
  const sdk = createRequire(require.resolve("@pulumi/pulumi"));
  require("@pulumi/pulumi/cmd/run/tracing").newSpan("a span").end();
  const { ComponentResource, Config, output } = require("@pulumi/pulumi");
  const { ConfigMap } = require("@pulumi/kubernetes/core/v1");
  const { Command } = require("@pulumi/command/local");
  console.log(JSON.stringify({
    classes: [ComponentResource, Config, output, ConfigMap, Command].map((one) => typeof one),
    loaded: Object.keys(leftOut).filter((name) => sdk(name) !== leftOut[name]),
  }));`;

describe("Pulumi's SDK as the program loads it", () => {
  it("has what measures it where one is measured", async () => {
    const args = ["--import", "./lean-sdk.mjs", "--input-type=module", "-e"];
    const code = `import { leftOut } from "./lean-sdk.mjs"; console.log(Object.keys(leftOut).join());`;
    const of = (env: NodeJS.ProcessEnv, ...more: string[]): Promise<string> =>
      outputOf(process.execPath, [...args, code, "--", ...more], {
        cwd: projectRoot,
        env: { ...process.env, ...env },
      });
    assert.match(await of({}), /opentelemetry/);
    assert.doesNotMatch(await of({ TRACEPARENT: "00-1-1-01" }), /opentelemetry/);
    assert.doesNotMatch(await of({}, "--tracing=http://127.0.0.1:1"), /opentelemetry/);
  });

  it("has what the program uses, and where the installed version has it all that is left out", async () => {
    const args = ["--import", "./lean-sdk.mjs", "--input-type=module", "-e", program];
    assert.deepEqual(JSON.parse(await outputOf(process.execPath, args, { cwd: projectRoot })), {
      classes: Array(5).fill("function"),
      loaded: [],
    });
  });
});
