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
  const { ComponentResource, Config, output } = require("@pulumi/pulumi");
  const { ConfigMap } = require("@pulumi/kubernetes/core/v1");
  const { Command } = require("@pulumi/command/local");
  console.log(JSON.stringify({
    classes: [ComponentResource, Config, output, ConfigMap, Command].map((one) => typeof one),
    loaded: Object.keys(leftOut).filter((name) => sdk(name) !== leftOut[name]),
  }));`;

describe("Pulumi's SDK as the program loads it", () => {
  it("has what the program uses, and where the installed version has it all that is left out", async () => {
    const args = ["--import", "./lean-sdk.mjs", "--input-type=module", "-e", program];
    assert.deepEqual(JSON.parse(await outputOf(process.execPath, args, { cwd: projectRoot })), {
      classes: Array(5).fill("function"),
      loaded: [],
    });
  });
});
