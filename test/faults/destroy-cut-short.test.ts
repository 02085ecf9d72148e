// Does NOT prove that a real controller removes its finalizer, nor what a destroy cut short leaves on a machine that was killed.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { pulumiOn, pulumiSucceeds, tryUp, up } from "../support/pulumi.ts";
import { eventually, kubectlOn, startedSandbox } from "../support/sandbox.ts";
import { claimOf, isWhole, objectOf, platformObjects } from "../support/whole-mode.ts";

const destroyArguments = (stack: string): string[] => ["destroy", "--yes", "--skip-preview", "-s", stack];

describe("a destroy that is cut short", function () {
  this.timeout(300_000);
  let sandbox: Sandbox;

  before(async () => {
    sandbox = await startedSandbox();
    await up(sandbox, "ml");
  });

  after(() => sandbox?.remove());

  const hold = (finalizers: string[] | null) =>
    kubectlOn(sandbox, [
      ...["patch", "service/vllm-api", "-n", "ml", "--type=merge"],
      ...["-p", JSON.stringify({ metadata: { finalizers } })],
    ]);
  const isLeaving = () =>
    eventually(60, async () => {
      const service = await objectOf(sandbox, "services", "vllm-api");
      return service?.metadata.deletionTimestamp === undefined ? undefined : true;
    });

  /** Begins a destroy of the active mode that cannot end, and answers how it ended when told to. */
  async function begunDestroy(): Promise<{ cut(signal: NodeJS.Signals): Promise<void> }> {
    await hold(["example.org/hold"]);
    const child = spawn("pulumi", [...destroyArguments("ml"), "--non-interactive"], {
      env: sandbox.environment(),
      stdio: "ignore",
    });
    const ended = once(child, "exit");
    await isLeaving();
    return {
      cut: async (signal) => {
        child.kill(signal);
        const [code] = (await ended) as [number | null];
        assert.notEqual(code, 0);
      },
    };
  }

  it("keeps everybody else from an update while it runs", async () => {
    const destroy = await begunDestroy();
    const { code, output } = await tryUp(sandbox, "r1");
    assert.notEqual(code, 0, output);
    assert.match(output, /Another update is under way; nothing was changed\.[\s\S]*pulumi destroy -s ml/);
    await destroy.cut("SIGINT");
    assert.equal((await claimOf(sandbox)).mode, "ml");
  });

  it("is finished by the same command, which leaves nothing", async () => {
    await hold(null);
    await pulumiSucceeds(sandbox, destroyArguments("ml"));
    assert.deepEqual(await platformObjects(sandbox), []);
  });

  it("takes nothing of the mode that came after it", async () => {
    await up(sandbox, "ml");
    await (await begunDestroy()).cut("SIGINT");
    await hold(null);
    await up(sandbox, "r1");
    await isWhole(sandbox, "r1");
    const { code, output } = await pulumiOn(sandbox, destroyArguments("ml"));
    assert.notEqual(code, 0, output);
    assert.match(output, /Stack ml is a standby stack: the claim says that r1 has the GPU/);
    await isWhole(sandbox, "r1");
  });

  it("names what does not go and why, where it is not cut", async () => {
    await hold(["example.org/hold"]);
    const { code, output } = await pulumiOn(sandbox, destroyArguments("r1"));
    assert.notEqual(code, 0);
    assert.match(
      output,
      /Stack r1 was not destroyed to its end: Service\/vllm-api does not go: it waits for its finalizers example\.org\/hold\./,
    );
    await hold(null);
    await pulumiSucceeds(sandbox, destroyArguments("r1"));
    assert.deepEqual(await platformObjects(sandbox), []);
  });
});
