// Does NOT prove anything of two machines: both backends and both clusters are on loopback, and every pod is simulated.
import assert from "node:assert/strict";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { configure } from "../support/configure.ts";
import { gpuModeEnds } from "../support/gpu-mode.ts";
import {
  initStack,
  type PulumiResult,
  pulumiOn,
  pulumiSucceeds,
  tryUp,
  up,
  upChangesNothing,
} from "../support/pulumi.ts";
import { kubectlOn, startedSandbox } from "../support/sandbox.ts";
import { claimOf, isWhole, platformObjects } from "../support/whole-mode.ts";

const destroyArguments = (stack: string): string[] => ["destroy", "--yes", "--skip-preview", "-s", stack];

describe("a stack's identity", function () {
  this.timeout(300_000);
  let sandbox: Sandbox;

  before(async () => {
    sandbox = await startedSandbox();
    await up(sandbox, "r1");
    await up(sandbox, "ml");
  });

  after(() => sandbox?.remove());

  const uids = async (): Promise<string[]> =>
    (await platformObjects(sandbox)).map(({ kind, metadata }) => `${kind}/${metadata.name} ${metadata.uid}`);

  /** Holds that a destroy is refused in these words, and that nothing of the active mode is lost by it. */
  async function isRefused(ended: Promise<PulumiResult>, words: RegExp): Promise<void> {
    const before = await uids();
    const { code, output } = await ended;
    assert.notEqual(code, 0, output);
    assert.match(output, words);
    assert.doesNotMatch(output, /^\s+at /m);
    assert.deepEqual(await uids(), before);
  }

  it("does not change with cluster.identifier: no object is made anew, and none is lost", async () => {
    const before = await uids();
    configure(sandbox, "ml", { cluster: { identifier: "another-name" } });
    const output = await up(sandbox, "ml");
    assert.doesNotMatch(output, /replaced/);
    assert.deepEqual(await uids(), before);
    await isWhole(sandbox, "ml");
    configure(sandbox, "ml", { cluster: undefined });
    await up(sandbox, "ml");
  });

  describe("with two states of the same name", () => {
    let other: Sandbox;
    let folder: string;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "vllm-platform-backend-"));
      const environment = { ...sandbox.environment(), PULUMI_BACKEND_URL: `file://${folder}` };
      other = Object.create(sandbox, { environment: { value: () => environment } }) as Sandbox;
      await initStack(other, "ml");
    });

    after(() => rm(folder, { recursive: true, force: true }));

    it("is the one that declared last; the other state is told, and does not destroy its mode", async () => {
      const first = (await claimOf(sandbox)).state;
      const output = await up(other, "ml");
      assert.match(output, /Mode ml was declared by another state of stack ml/);
      assert.match(
        output,
        /\d+ objects are in the cluster already, and are taken over as they stand\. Nothing of it changes\./,
      );
      assert.notEqual((await claimOf(sandbox)).state, first);
      await isRefused(
        pulumiOn(sandbox, destroyArguments("ml")),
        /This state of stack ml is not the one that declared mode ml/,
      );
      await isWhole(sandbox, "ml");
    });

    it("goes back with an up, in which nothing but the claim changes", async () => {
      const before = await uids();
      assert.match(await up(sandbox, "ml"), /1 updated/);
      assert.deepEqual(await uids(), before);
      await upChangesNothing(sandbox, "ml");
      await isRefused(
        pulumiOn(other, destroyArguments("ml")),
        /another Pulumi backend has a stack of that name/,
      );
    });
  });

  describe("with two clusters", () => {
    let elsewhere: Sandbox;

    before(async () => {
      elsewhere = await startedSandbox({}, "nothing");
    });

    after(() => elsewhere?.remove());

    it("is judged by the cluster that the state names, whatever the environment of a destroy says", async () => {
      await isRefused(
        pulumiOn(sandbox, destroyArguments("r1"), { VLLM_PLATFORM_KUBECONFIG: elsewhere.kubeconfig }),
        /Stack r1 is a standby stack: the claim says that ml has the GPU/,
      );
      await isWhole(sandbox, "ml");
    });

    it("is not another cluster's: an up there is refused with the way out, and changes nothing", async () => {
      const before = await uids();
      const { code, output } = await tryUp(sandbox, "ml", { VLLM_PLATFORM_KUBECONFIG: elsewhere.kubeconfig });
      assert.notEqual(code, 0, output);
      assert.match(output, /The objects of stack ml are in another cluster; nothing was changed\./);
      assert.match(output, /gpu-mode forget ml, then gpu-mode ml/);
      assert.doesNotMatch(output, /^\s+at /m);
      assert.deepEqual(await uids(), before);
      assert.deepEqual(await platformObjects(elsewhere), []);
      await isWhole(sandbox, "ml");
    });

    it("is noticed where a kubeconfig that the state names leads elsewhere by now, and told where it leads nowhere", async () => {
      const file = join(sandbox.dir, "moved.yaml");
      await copyFile(sandbox.kubeconfig, file);
      const moved = { VLLM_PLATFORM_KUBECONFIG: file };
      assert.equal((await tryUp(sandbox, "ml", moved)).code, 0);
      await copyFile(elsewhere.kubeconfig, file);
      await isRefused(
        pulumiOn(sandbox, [...destroyArguments("ml"), "--refresh=false"]),
        /now leads to another cluster .* than the one that this stack's objects are in/,
      );
      const text = await readFile(sandbox.kubeconfig, "utf8");
      await writeFile(file, text.replace(/server: .*/, "server: https://127.0.0.1:1"));
      const { stderr } = await gpuModeEnds(sandbox, 3, "ml");
      assert.match(
        stderr,
        /The cluster that the state of stack ml names does not answer, though the one in your settings does\.[\s\S]*gpu-mode forget ml, then gpu-mode ml/,
      );
      await gpuModeEnds(sandbox, 0, "forget", "ml", "--yes", "--force");
      await gpuModeEnds(sandbox, 0, "ml");
      await isWhole(sandbox, "ml");
    });
  });

  describe("in one state and one cluster", () => {
    it("protects the active mode from a stack whose first up failed", async () => {
      await pulumiSucceeds(sandbox, destroyArguments("ml"));
      await kubectlOn(sandbox, ["create", "quota", "none", "-n", "ml", "--hard=count/deployments.apps=0"]);
      const { code, output } = await tryUp(sandbox, "coder");
      assert.notEqual(code, 0, output);
      assert.match(output, /exceeded quota: none|status unknown for quota/);
      await kubectlOn(sandbox, ["delete", "quota/none", "-n", "ml"]);
      await up(sandbox, "ml");
      await isRefused(
        pulumiOn(sandbox, destroyArguments("coder")),
        /Stack coder is a standby stack: the claim says that ml has the GPU/,
      );
      await isWhole(sandbox, "ml");
    });

    it("that is lost leaves the mode to a new one, which destroys it whole", async () => {
      await pulumiSucceeds(sandbox, ["stack", "rm", "--force", "--yes", "--preserve-config", "ml"]);
      await initStack(sandbox, "ml");
      const before = await uids();
      await up(sandbox, "ml");
      assert.deepEqual(await uids(), before);
      await isWhole(sandbox, "ml");
      await upChangesNothing(sandbox, "ml");
      await pulumiSucceeds(sandbox, destroyArguments("ml"));
      assert.deepEqual(await platformObjects(sandbox), []);
    });
  });
});
