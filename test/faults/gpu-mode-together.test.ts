// Does NOT prove what two machines do to each other whose clocks differ; two commands of one machine run at once.
import assert from "node:assert/strict";
import { exitCodes } from "../../cli/exit-codes.ts";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { switchPhases } from "../../operations/switch/phases.ts";
import type { Mode } from "../support/expected-objects.ts";
import {
  beginWith,
  type Ended,
  gpuMode,
  gpuModeEnds,
  gpuModeJson,
  isWholly,
  startGpuMode,
} from "../support/gpu-mode.ts";
import { tryUp } from "../support/pulumi.ts";
import { kubectlOn, startedSandbox } from "../support/sandbox.ts";

// With ownership-race.test.ts, where both are plain ups, ten times in all.
describe("two switches at once", function () {
  this.timeout(300_000);
  let sandbox: Sandbox;

  before(async () => {
    sandbox = await startedSandbox({ loadSeconds: 0.5, stopSeconds: 0.5 });
    await gpuModeEnds(sandbox, 0, "coder");
  });

  after(() => sandbox?.remove());

  /** The mode of the claim, whole; and every command after it works. */
  async function oneWholeMode(): Promise<Mode> {
    const { mode } = await gpuModeJson<{ mode: Mode }>(sandbox, "status");
    await isWholly(sandbox, mode);
    return mode;
  }

  const both = (ended: readonly Ended[]): string =>
    ended.map(({ stdout, stderr }) => stdout + stderr).join("\n");

  it("by gpu-mode: one is done, and the other done after it or refused", async () => {
    const pairs: [Mode, Mode][] = [
      ["ml", "r1"],
      ["gaming", "ml"],
      ["coder", "coder"],
      ["r1", "gaming"],
    ];
    for (const [first, second] of pairs) {
      const ended = await Promise.all([gpuMode(sandbox, first), gpuMode(sandbox, second)]);
      const codes = ended.map(({ code }) => code);
      assert.ok(codes.includes(0), both(ended));
      for (const code of codes) {
        assert.ok(code === 0 || code === exitCodes.locked, both(ended));
      }
      const mode = await oneWholeMode();
      assert.ok([first, second].includes(mode));
      assert.ok(
        codes[[first, second].indexOf(mode)] === 0 || first === second,
        `the mode is ${mode}\n${both(ended)}`,
      );
    }
  });

  it("by gpu-mode and a plain up: the same", async () => {
    const pairs: [Mode, Mode][] = [
      ["ml", "r1"],
      ["gaming", "coder"],
      ["r1", "gaming"],
    ];
    for (const [first, second] of pairs) {
      const [byCommand, plain] = await Promise.all([gpuMode(sandbox, first), tryUp(sandbox, second)]);
      const output = `${byCommand.stdout}${byCommand.stderr}\n${plain.output}`;
      assert.ok(byCommand.code === 0 || plain.code === 0, output);
      assert.ok(byCommand.code === 0 || byCommand.code === exitCodes.locked, output);
      assert.ok(
        plain.code === 0 ||
          /Another update is under way; nothing was changed\.|Interrupted by gpu-mode gaming on /.test(
            plain.output,
          ),
        output,
      );
      assert.ok([first, second].includes(await oneWholeMode()));
    }
  });

  it("a second one that serves is refused during the load, names the first, and changes nothing", async () => {
    await beginWith(sandbox, "gaming");
    // The first one is at it until the scenario is another.
    await sandbox.setScenario({ name: "never-ready", stopSeconds: 0.5 });
    const running = startGpuMode(sandbox, ["ml"]);
    assert.equal(await running.reached("load", switchPhases), "load");
    const { stderr } = await gpuModeEnds(sandbox, exitCodes.locked, "r1");
    assert.match(stderr, /gpu-mode ml on \S+ \(process \d+\)/);
    await sandbox.setScenario({ name: "healthy", loadSeconds: 0.5, stopSeconds: 0.5 });
    assert.equal((await running.ended).code, 0);
    await isWholly(sandbox, "ml");
  });

  it("a second one that frees the GPU does not interrupt the first that does, and is refused", async () => {
    await beginWith(sandbox, "ml");
    await sandbox.setScenario({ name: "healthy", loadSeconds: 0.5, stopSeconds: 25 });
    const running = startGpuMode(sandbox, ["gaming"]);
    assert.equal(await running.reached("release", switchPhases), "release");
    const { stdout, stderr } = await gpuModeEnds(sandbox, exitCodes.locked, "gaming");
    assert.doesNotMatch(stdout, /Interrupting/);
    assert.match(stderr, /gpu-mode gaming on \S+ \(process \d+\)/);
    await sandbox.setScenario({ name: "healthy", loadSeconds: 0.5, stopSeconds: 0.5 });
    assert.equal((await running.ended).code, 0);
    await isWholly(sandbox, "gaming");
  });

  it("one that finds its mode active and loading, and another switch taking it away, is refused or comes after it", async () => {
    await beginWith(sandbox, "ml");
    // It loads until the other switch has taken it away.
    await sandbox.setScenario({ name: "never-ready", stopSeconds: 0.5 });
    await kubectlOn(sandbox, ["delete", "pod", "-n", "ml", "-l", "app=vllm-server"]);
    const looking = startGpuMode(sandbox, ["ml"]);
    assert.equal(await looking.reached("serve", switchPhases), "serve");
    const switching = startGpuMode(sandbox, ["r1"]);
    const { code, stdout, stderr } = await looking.ended;
    await sandbox.setScenario({ name: "healthy", loadSeconds: 0.5, stopSeconds: 0.5 });
    assert.equal(code, exitCodes.locked, stdout + stderr);
    assert.match(stdout, /Meanwhile mode r1 has taken the GPU\./);
    assert.match(stderr, /gpu-mode r1 on \S+ \(process \d+\)/);
    assert.equal((await switching.ended).code, 0);
    await isWholly(sandbox, "r1");
  });
});
