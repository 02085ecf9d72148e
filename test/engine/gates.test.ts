// Does NOT prove that the gates judge rightly (test/unit/stacks/gates): it proves that the engine changes nothing past them.
import assert from "node:assert/strict";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { configure } from "../support/configure.ts";
import { pulumiOn, up } from "../support/pulumi.ts";
import { kubectlOn } from "../support/sandbox.ts";
import { sharedSandbox } from "../support/shared-sandbox.ts";
import { refusedUp, versionsOf } from "../support/whole-mode.ts";

/** Settings that one gate refuses, and what the refusal must say. */
const refused: readonly { about: string; settings: Record<string, unknown>; says: readonly RegExp[] }[] = [
  {
    about: "a model that the card cannot hold",
    settings: { model: "Qwen/Qwen2.5-14B-Instruct-AWQ" },
    says: [
      /Pulumi\.ml\.yaml: maxModelLen \(found: 8192\)/,
      /needs 11\.46 GiB of NVIDIA GeForce RTX 3060, and the server's share is 10\.58 GiB/,
      /weights 9\.29, KV cache 1\.50/,
      /Set maxModelLen to 3392 or less, or take a model that fits: Qwen\/Qwen2\.5-7B-Instruct-AWQ/,
    ],
  },
  {
    about: "an image that is too new for the driver",
    settings: { image: { tag: "v0.20.0" } },
    says: [
      /Pulumi\.ml\.yaml: image\.tag \(found: "v0\.20\.0"\)/,
      /driver 535\.274\.02 \(CUDA 12\.2\) is too old for the image's CUDA 13\.0, which needs driver 580/,
      /take the newest image that runs here, v0\.8\.5\.post1/,
    ],
  },
];

describe("the gates in the engine", function () {
  this.timeout(180_000);
  let sandbox: Sandbox;

  before(async () => {
    sandbox = await sharedSandbox();
    await up(sandbox, "ml");
  });

  afterEach(() => configure(sandbox, "ml", { model: "Qwen/Qwen2.5-7B-Instruct-AWQ", image: undefined }));

  function assertRefusal(output: string, says: readonly RegExp[]): void {
    for (const expected of says) {
      assert.match(output, expected);
    }
    assert.doesNotMatch(output, /\bat .*\.ts:\d+/, "a stack trace");
  }

  it("warn in a preview of what does not stop a mode, and show the budget in the outputs", async () => {
    const { code, output } = await pulumiOn(sandbox, ["preview", "-s", "ml"]);
    assert.equal(code, 0, output);
    assert.match(output, /warning: Container toolkit 1\.18\.1 may load the image's newer CUDA libraries/);
    const { output: outputs } = await pulumiOn(sandbox, ["stack", "output", "plan", "-s", "ml", "--json"]);
    const plan = JSON.parse(outputs) as string[];
    assert.ok(plan.includes("  memory       10.58 of 11.76 GiB (90 %), room for 87776 tokens"), outputs);
    assert.ok(plan.includes("  driver       535.274.02: vLLM 0.8.5.post1 on CUDA 12.4 runs"), outputs);
  });

  for (const { about, settings, says } of refused) {
    it(`refuse ${about} in up, and no object is touched, the claim included`, async () => {
      configure(sandbox, "ml", settings);
      assertRefusal(await refusedUp(sandbox, "ml"), says);
    });
  }

  it("let the very same command pass once it is fixed", async () => {
    const before = await versionsOf(sandbox);
    await up(sandbox, "ml", "--expect-no-changes");
    assert.deepEqual(await versionsOf(sandbox), before);
  });

  it("leave gaming alone, whatever its default mode would be refused for", async () => {
    configure(sandbox, "ml", { image: { tag: "v0.20.0" } });
    await up(sandbox, "gaming");
    const { output } = await pulumiOn(sandbox, ["stack", "output", "plan", "-s", "gaming", "--json"]);
    assert.match((JSON.parse(output) as string[]).join(" "), /mode ml would be refused for its image\.tag/);
  });

  describe("with the API server stopped", () => {
    before(async () => {
      await sandbox.stop();
      await assert.rejects(kubectlOn(sandbox, ["get", "nodes"]), /refused/);
    });

    for (const { about, settings, says } of refused) {
      it(`refuse ${about} in a preview of a stack that has state`, async () => {
        configure(sandbox, "ml", settings);
        const { code, output } = await pulumiOn(sandbox, ["preview", "-s", "ml", "--refresh=false"]);
        assert.notEqual(code, 0);
        assertRefusal(output, says);
      });
    }
  });
});
