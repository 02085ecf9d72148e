// Does NOT prove that Traefik or a network-policy controller obeys what stands in the cluster, nor anything of a real volume.
import assert from "node:assert/strict";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { configure } from "../support/configure.ts";
import { gpuModeJson } from "../support/gpu-mode.ts";
import { pulumiSucceeds, up, upChangesNothing } from "../support/pulumi.ts";
import { kubectlOn } from "../support/sandbox.ts";
import { sharedSandbox } from "../support/shared-sandbox.ts";
import { claimOf, platformObjects } from "../support/whole-mode.ts";

describe("what a mode does not declare and the one before it did", function () {
  this.timeout(300_000);
  let sandbox: Sandbox;

  before(async () => {
    sandbox = await sharedSandbox();
    await up(sandbox, "ml");
    configure(sandbox, "coder", { route: { enabled: false } });
  });

  const route = [
    ...["Certificate/vllm-tls", "IngressRoute/vllm-https", "IngressRoute/vllm-redirect"],
    ...["Middleware/vllm-access", "Middleware/vllm-https-redirect"],
  ];
  const titles = async (): Promise<string[]> =>
    (await platformObjects(sandbox)).map(({ kind, metadata }) => `${kind}/${metadata.name}`);
  const opened = async (): Promise<boolean> =>
    (await kubectlOn(sandbox, ["get", "networkpolicy/vllm-server", "-n", "ml", "-o", "yaml"])).includes(
      "app.kubernetes.io/name: traefik",
    );

  it("is named in a preview, and there still after it", async () => {
    const output = await pulumiSucceeds(sandbox, ["preview", "-s", "coder"]);
    for (const title of route) {
      assert.ok(output.includes(`${title} goes: mode coder does not declare it`), output);
    }
    const now = await titles();
    assert.deepEqual(
      route.filter((title) => !now.includes(title)),
      [],
    );
  });

  it("goes with a plain up: no way in from outside is left, and none in the fence", async () => {
    assert.ok(await opened());
    await up(sandbox, "coder");
    const now = await titles();
    assert.deepEqual(
      route.filter((title) => now.includes(title)),
      [],
    );
    assert.equal(await opened(), false);
    await upChangesNothing(sandbox, "coder");
    const { leftovers } = await gpuModeJson<{ leftovers: object }>(sandbox, "status");
    assert.deepEqual(leftovers, { removed: [], kept: [] });
  });

  it("comes back with the mode that declares it", async () => {
    await up(sandbox, "ml");
    assert.ok(await opened());
    assert.ok((await titles()).includes("IngressRoute/vllm-https"));
  });

  it("is told by status and doctor where an edited file no longer declares it, until an up", async () => {
    configure(sandbox, "coder", { route: undefined });
    await up(sandbox, "coder");
    configure(sandbox, "coder", { route: { enabled: false } });
    const { leftovers } = await gpuModeJson<{ leftovers: { removed: string[] } }>(sandbox, "status");
    assert.deepEqual([...leftovers.removed].sort(), route);
    const { findings } = await gpuModeJson<{ findings: { item: string; state: string; found: string }[] }>(
      sandbox,
      ...["doctor", "coder"],
    );
    const finding = findings.find(({ item }) => item === "leftovers");
    assert.equal(finding?.state, "warning");
    assert.match(finding?.found ?? "", /IngressRoute\/vllm-https/);
    await up(sandbox, "coder");
    assert.equal((await titles()).includes("IngressRoute/vllm-https"), false);
  });

  it("stays where it cannot be made again: a generated key, which the claim's next mode finds", async () => {
    configure(sandbox, "coder", { apiKey: true });
    await up(sandbox, "coder");
    await up(sandbox, "ml");
    assert.equal((await claimOf(sandbox)).mode, "ml");
    assert.ok((await titles()).includes("Secret/vllm-api-key"));
  });
});
