// Does not prove that a card holds what is said; only what `gpu-mode plan` prints, and how it ends.
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Answer, answerLines, planQuestion, type Question } from "../../../stacks/ask.ts";
import { type Finished, finish } from "../../../system/processes.ts";
import { compileCache } from "../../support/compile-cache.ts";

const project = fileURLToPath(new URL("../../..", import.meta.url));
const large = "Qwen/Qwen2.5-14B-Instruct-AWQ";

/** The real command, without anything in its environment that could lead to an engine, a cluster or another project. */
function gpuMode(...args: string[]): Promise<Finished> {
  return finish(process.execPath, [join(project, "cli/gpu-mode.mjs"), ...args], {
    env: { PATH: "/nowhere", ...compileCache },
    cwd: "/",
  });
}

const text = (question: Question): string => `${answerLines(planQuestion(project, question)).join("\n")}\n`;

describe("gpu-mode plan", function () {
  this.timeout(30_000);

  it("prints the budget with its bar and the driver's verdict, for the default mode or the named one", async () => {
    const { status: code, stdout, stderr } = await gpuMode("plan");
    assert.deepEqual([code, stderr], [0, ""]);
    assert.equal(stdout, text({ mode: "ml" }));
    assert.match(stdout, /^ {2}weights +5\.19 GiB$/m);
    assert.match(stdout, /^ {2}\[W+K+A+o+\|\.+\]$/m);
    assert.match(stdout, /^ {2}fits; longest context 32768 tokens, the model's own limit$/m);
    assert.match(stdout, /^driver: vLLM 0\.8\.5\.post1 on CUDA 12\.4 runs$/m);
    assert.equal((await gpuMode("plan", "coder")).stdout, text({ mode: "coder" }));
  });

  it("ends with 3 where a gate refuses, with the numbers and what would do", async () => {
    const { status: code, stdout } = await gpuMode("plan", "--model", large);
    assert.equal(code, 3);
    assert.equal(stdout, text({ model: large }));
    assert.match(
      stdout.replaceAll(/\n +/g, " "),
      /needs 11\.46 GiB .* Set maxModelLen to 3392 or less, or take a model/,
    );
  });

  it("takes model, card and context from the command line", async () => {
    const { status: code, stdout } = await gpuMode(
      "plan",
      "--model",
      large,
      "--gpu",
      "RTX 4090",
      "--context",
      "32768",
    );
    assert.equal(code, 0);
    assert.equal(stdout, text({ model: large, gpu: "RTX 4090", context: 32_768 }));
  });

  it("prints the same as JSON, also where it refuses", async () => {
    for (const [args, question, status] of [
      [["r1"], { mode: "r1" }, 0],
      [["r1", "--context", "100000"], { mode: "r1", context: 100_000 }, 3],
      [["gaming"], { mode: "gaming" }, 0],
    ] as const) {
      const answered = await gpuMode("plan", ...args, "--json");
      assert.equal(answered.status, status);
      const answer = JSON.parse(answered.stdout) as Answer;
      assert.deepEqual(answer, { schemaVersion: 1, ...planQuestion(project, question) });
      assert.equal(answer.works, status === 0);
    }
  });

  it("says what is wrong with the question", async () => {
    for (const [args, status, says] of [
      [["zzz"], 2, /^There is no mode zzz: /],
      [["--context", "8k"], 2, /argument '8k' is invalid\. It must be a whole number of tokens/],
      [["--gpu", "voodoo"], 3, /--gpu \(found: "voodoo"\): no card of this name is known here/],
      [["--model", "my/model"], 3, /--model: model \(found: "my\/model"\): the catalogue has no numbers/],
    ] as const) {
      const { status: code, stdout, stderr } = await gpuMode("plan", ...args);
      assert.deepEqual([code, stdout], [status, ""], args.join(" "));
      assert.match(stderr, says);
      assert.doesNotMatch(stderr, /\bat .*\.ts:\d+/, "a stack trace");
    }
  });
});
