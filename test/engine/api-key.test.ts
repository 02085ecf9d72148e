// Does NOT prove that vLLM asks for the key as the stub does: without one, or with an empty one, both ask nobody.
import assert from "node:assert/strict";
import { openApi } from "../../cluster/api/index.ts";
import { promisedBy } from "../../cluster/readiness/goal.ts";
import { waitUntilServed } from "../../cluster/readiness/wait.ts";
import { sandboxPaths } from "../../lab/sandbox/base/paths.ts";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { planFromFiles } from "../../stacks/index.ts";
import { configure } from "../support/configure.ts";
import { gpuModeEnds } from "../support/gpu-mode.ts";
import { nothingDiffers, pulumiSucceeds, up } from "../support/pulumi.ts";
import { kubectlOn } from "../support/sandbox.ts";
import { sharedSandbox } from "../support/shared-sandbox.ts";

describe("the API key in the cluster", function () {
  this.timeout(180_000);
  let sandbox: Sandbox;

  before(async () => {
    sandbox = await sharedSandbox();
    await up(sandbox, "ml");
  });

  it("is missed by the wait of a mode that asks for one, where the server answers without", async () => {
    const api = await openApi({ kubeconfig: sandbox.kubeconfig, context: "kwok-sandbox", identifier: "" });
    const promised = promisedBy(planFromFiles(sandboxPaths(sandbox.dir).project, "ml"));
    const outcome = await waitUntilServed(api, { promised: { ...promised, asksForKey: true } }, () => {});
    assert.equal(outcome.state, "failed");
    assert.match(outcome.detail, /^the server answers without a key, although the mode asks for one/);
    assert.equal((await waitUntilServed(api, { promised }, () => {})).state, "reached");
  });

  describe("that is none", () => {
    before(async () => {
      configure(sandbox, "ml", { apiKey: true });
      await up(sandbox, "ml");
    });

    const keyless = async (): Promise<number> => (await fetch(`${sandbox.url}/v1/models`)).status;
    const withKey = async (key: string): Promise<number> =>
      (await fetch(`${sandbox.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } })).status;

    const set = (key: string): Promise<string> =>
      kubectlOn(sandbox, [
        ...["patch", "secret", "vllm-api-key", "-n", "ml", "--type=merge", "-p"],
        JSON.stringify({ data: { "api-key": Buffer.from(key).toString("base64") } }),
      ]);

    async function isWellAgain(): Promise<void> {
      const key = (
        await pulumiSucceeds(sandbox, ["stack", "output", "apiKey", "-s", "ml", "--show-secrets"])
      ).trim();
      assert.match(key, /^[A-Za-z0-9]{48}$/);
      const held = await kubectlOn(sandbox, [
        ...["get", "secret", "vllm-api-key", "-n", "ml", "-o", "jsonpath={.data.api-key}"],
      ]);
      assert.equal(Buffer.from(held, "base64").toString(), key);
      assert.deepEqual([await keyless(), await withKey(key)], [401, 200]);
    }

    for (const [name, key, fault] of [
      ["empty", "", "empty"],
      ["broken by a line's end", "sk-0123456789abcdef\n", "a blank, a line break or another character"],
    ] as const) {
      it(`is replaced by an up with a word about it, and told by the status before: ${name}`, async () => {
        await set(key);
        const { stdout } = await gpuModeEnds(sandbox, 0, "status");
        assert.ok(stdout.includes(`Secret vllm-api-key holds no usable key (${fault}`), stdout);
        const output = await up(sandbox, "ml");
        assert.ok(output.includes(`Secret vllm-api-key held no usable key (${fault}`), output);
        assert.match(output, /clients need it: pulumi stack output apiKey -s ml --show-secrets/);
        await isWellAgain();
        await nothingDiffers(sandbox, "ml");
      });
    }

    it("is replaced by gpu-mode, which finds something to do", async () => {
      await set("");
      const { stdout } = await gpuModeEnds(sandbox, 0, "ml");
      assert.match(stdout, /held no usable key \(empty\)/);
      await isWellAgain();
    });

    it("is none of those where it is only short: it is kept, with a word about it", async () => {
      await set("short");
      const output = await up(sandbox, "ml");
      assert.match(output, /vllm-api-key holds a key of fewer than 16 characters, which is kept/);
      assert.deepEqual([await keyless(), await withKey("short")], [401, 200]);
    });
  });
});
