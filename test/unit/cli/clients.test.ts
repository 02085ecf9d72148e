// Does not prove that a client takes what is printed; only what `gpu-mode clients` prints, and how it ends.
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { clientAnswer } from "../../../stacks/clients/index.ts";
import { planFromFiles } from "../../../stacks/index.ts";
import { type Finished, finish } from "../../../system/processes.ts";
import { compileCache } from "../../support/compile-cache.ts";

const project = fileURLToPath(new URL("../../..", import.meta.url));

/** The real command, without anything in its environment that could lead to an engine, a cluster or another project. */
function clients(...args: string[]): Promise<Finished> {
  return finish(process.execPath, [join(project, "cli/gpu-mode.mjs"), "clients", ...args], {
    env: { PATH: "/nowhere", ...compileCache },
    cwd: "/",
  });
}

describe("gpu-mode clients", function () {
  this.timeout(30_000);

  it("prints one file as it is, for the default mode or the named one", async () => {
    for (const [args, mode] of [
      [["litellm"], "ml"],
      [["litellm", "r1"], "r1"],
    ] as const) {
      const { status, stdout, stderr } = await clients(...args);
      assert.deepEqual([status, stderr], [0, ""]);
      const [{ text } = { text: "" }] = clientAnswer(planFromFiles(project, mode), "litellm").texts;
      assert.equal(stdout, text);
    }
  });

  it("prints several files with their names", async () => {
    const { stdout } = await clients("openai");
    assert.deepEqual(stdout.match(/^== .*/gm), ["== curl (ask.sh)", "== OpenAI's Python SDK (ask.py)"]);
  });

  it("prints the same as JSON", async () => {
    const { status, stdout } = await clients("n8n", "gaming", "--json");
    assert.equal(status, 0);
    assert.deepEqual(JSON.parse(stdout), {
      schemaVersion: 1,
      ...clientAnswer(planFromFiles(project, "gaming"), "n8n"),
    });
  });

  it("says what is wrong with the question", async () => {
    for (const [args, says] of [
      [
        ["lightllm"],
        /^There is no configuration for lightllm; there is one for litellm, openwebui, n8n, openai\./,
      ],
      [["n8m"], /Is n8n meant\?/],
      [["n8n", "zzz"], /^There is no mode zzz: /],
      [[], /missing required argument 'client'/],
    ] as const) {
      const { status, stderr } = await clients(...args);
      assert.equal(status, 2);
      assert.match(stderr, says);
    }
  });
});
