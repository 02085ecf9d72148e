// Does NOT prove anything of two machines whose clocks disagree; the Lease's unit tests do.
import assert from "node:assert/strict";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import type { Mode } from "../support/expected-objects.ts";
import { pulumiOn, tryUp, up, upChangesNothing } from "../support/pulumi.ts";
import { kubectlOn, startedSandbox } from "../support/sandbox.ts";
import { claimOf, isWhole } from "../support/whole-mode.ts";

describe("two updates at once", function () {
  this.timeout(300_000);
  let sandbox: Sandbox;

  before(async () => {
    sandbox = await startedSandbox();
  });

  after(() => sandbox?.remove());

  describe("wanted by two ups at once", () => {
    for (const round of [1, 2, 3]) {
      it(`ends in one whole mode, and the other is refused or comes after it (${round})`, async () => {
        const results = await Promise.all(
          (["ml", "r1"] as const).map(async (mode) => ({
            mode,
            ...(await tryUp(sandbox, mode)),
          })),
        );
        const done = results.filter(({ code }) => code === 0);
        for (const { code, output } of results) {
          if (code !== 0) assert.match(output, /Another update is under way; nothing was changed\./);
        }
        assert.ok(done.length > 0, results.map(({ output }) => output).join("\n"));
        const { mode } = await claimOf(sandbox);
        assert.ok(done.some((one) => one.mode === mode));
        await isWhole(sandbox, mode as Mode);
        await upChangesNothing(sandbox, mode as Mode);
      });
    }
  });

  describe("while somebody else holds the Lease", () => {
    const lease = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "vllm-platform", namespace: "default" },
    };
    const hold = (renewTime: string) =>
      kubectlOn(
        sandbox,
        ["apply", "--server-side", "--force-conflicts", "-f", "-"],
        JSON.stringify({
          ...lease,
          spec: {
            holderIdentity: "gpu-mode on a laptop",
            acquireTime: "2026-01-01T00:00:00.000000Z",
            renewTime,
            leaseDurationSeconds: 15,
          },
        }),
      );

    const holderOfLease = () =>
      kubectlOn(sandbox, [
        "get",
        "lease",
        "vllm-platform",
        "-n",
        "default",
        "-o",
        "jsonpath={.spec.holderIdentity}",
      ]);

    it("an up and a destroy are refused, with who holds it, as long as it is renewed", async () => {
      let renewing = true;
      const holder = (async () => {
        for (let second = 0; renewing; second += 1) {
          await hold(
            `2026-01-01T00:${String(Math.floor(second / 60)).padStart(2, "0")}:${String(second % 60).padStart(2, "0")}.000000Z`,
          );
          await new Promise((wake) => setTimeout(wake, 300));
        }
      })();
      try {
        const before = await claimOf(sandbox);
        const mode = before.mode as Mode;
        for (const command of [
          ["up", "-s", mode === "ml" ? "r1" : "ml"],
          ["destroy", "-s", mode],
        ]) {
          const { code, output } = await pulumiOn(sandbox, [...command, "--yes", "--skip-preview"]);
          assert.notEqual(code, 0, output);
          assert.match(output, /gpu-mode on a laptop since 2026-01-01T00:00:00Z/);
        }
        assert.deepEqual(await claimOf(sandbox), before);
        await isWhole(sandbox, mode);
      } finally {
        renewing = false;
        await holder;
      }
    });

    it("an up that the holder itself has started works under its Lease, and leaves it to it", async () => {
      await hold("2026-01-01T00:30:00.000000Z");
      const started = (holder: string) => ({
        ...sandbox,
        environment: () => ({ ...sandbox.environment(), VLLM_PLATFORM_LEASE_HOLDER: holder }),
      });
      const another = await pulumiOn(started("gpu-mode elsewhere"), [
        "up",
        "--yes",
        "--skip-preview",
        "-s",
        "gaming",
      ]);
      assert.notEqual(another.code, 0);
      assert.match(another.output, /has lost its Lease/);
      await up(started("gpu-mode on a laptop"), "r1");
      await isWhole(sandbox, "r1");
      assert.equal(await holderOfLease(), "gpu-mode on a laptop");
    });

    it("an up goes on where the holder is dead", async () => {
      await hold("2026-01-01T01:00:00.000000Z");
      await up(sandbox, "gaming");
      await isWhole(sandbox, "gaming");
      assert.equal(await holderOfLease(), "");
    });
  });
});
