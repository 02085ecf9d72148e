// Does NOT prove which failures there are; the engine tests bring some about.

import assert from "node:assert/strict";
import { type ClusterApi, UnreachableError } from "../../../../cluster/api/index.ts";
import { refusal } from "../../../../cluster/findings/refusal.ts";
import { EngineFailed } from "../../../../engine/run.ts";
import { endOfSwitch, type FailedSwitch } from "../../../../operations/switch/failures.ts";
import { Ended, RefusedError } from "../../../../system/errors.ts";

const answering = { get: async () => undefined } as unknown as ClusterApi;
/** A cluster in which a mode has claimed the GPU by switch 2, and whose Deployment is of another switch. */
function holding(mode: string, switchOfDeployment: number): ClusterApi {
  const data = { mode, stack: mode, since: "2026-11-27T03:27:26Z", switch: "2", planHash: "h", source: "c" };
  const deployment = {
    metadata: {
      labels: { "gpu-mode": switchOfDeployment === 2 ? mode : "other" },
      annotations: { "vllm-platform/switch": String(switchOfDeployment) },
    },
  };
  const get = async (path: string) =>
    path.endsWith("/configmaps/gpu-mode")
      ? { metadata: {}, data }
      : path.endsWith("/deployments/vllm-server")
        ? deployment
        : undefined;
  return { get } as unknown as ClusterApi;
}
const silent = { get: async () => Promise.reject(new UnreachableError("no")) } as unknown as ClusterApi;

describe("the end of a switch that did not succeed", () => {
  async function endOf(error: unknown, change: Partial<FailedSwitch> = {}): Promise<[string, string]> {
    const end = await endOfSwitch(error, { mode: "r1", from: "ml", begun: true, api: answering, ...change });
    assert.ok(end instanceof Ended);
    return [end.exit, end.message];
  }
  const failed = new EngineFailed("update failed");
  const notServed = { told: [{ kind: "not-served", detail: "no image" }] } as const;

  it("names the reason, and the ways on and back", async () => {
    assert.deepEqual(await endOf(failed, notServed), [
      "failed",
      "Mode r1 is declared, but not served: no image. gpu-mode r1 tries again, gpu-mode ml goes back.",
    ]);
    const [, message] = await endOf(failed, { from: "r1", ...notServed });
    assert.match(message, /gpu-mode r1 tries again\.$/);
    const [, freeing] = await endOf(failed, { mode: "gaming", frees: true, ...notServed });
    assert.match(freeing, /^Mode gaming is declared, but the GPU is not known to be free: no image\./);
  });

  it("leaves what no program told in the engine's words", async () => {
    const [, message] = await endOf(new EngineFailed("no plugin"), { from: "r1" });
    assert.equal(message, "Mode r1 could not be brought up: no plugin. gpu-mode r1 tries again.");
  });

  it("is a refusal where the check of the GPU node stopped the engine, in its words alone", async () => {
    const { message } = refusal("GPU node", "r1", [
      { item: "PCI", state: "fault", found: "no NVIDIA card on the PCI bus", fix: "Check the cable" },
      { item: "SSH", state: "fault", found: "it closes the connection", fix: "Look into its log" },
    ]);
    const told = [{ kind: "refused", message }] as const;
    assert.deepEqual(await endOf(failed, { told }), [
      "refused",
      [
        "The GPU node cannot serve mode r1; nothing was changed:",
        "  PCI: no NVIDIA card on the PCI bus. Check the cable.",
        "  SSH: it closes the connection. Look into its log.",
        "Run the same command again once that is fixed. To declare the mode all the same: gpu-mode r1 --force (or VLLM_PLATFORM_FORCE=1 before pulumi up).",
      ].join("\n"),
    ]);
  });

  it("is a refusal where the program stopped before it declared anything", async () => {
    const { message } = refusal("cluster", "r1", [
      { item: "RuntimeClass", state: "fault", found: "there is none", fix: "Make one" },
    ]);
    assert.deepEqual(await endOf(failed, { told: [{ kind: "refused", message }] }), ["refused", message]);
  });

  it("is unreachable where the cluster does not answer any more, whatever the engine said", async () => {
    assert.equal((await endOf(failed, { api: silent }))[0], "unreachable");
    assert.equal((await endOf(new UnreachableError("no")))[0], "unreachable");
  });

  it("tells after Ctrl-C whether anything may have been changed", async () => {
    const interrupted = new Ended("interrupted", "Stopped; nothing was changed.");
    assert.deepEqual(await endOf(interrupted, { begun: false }), [
      "interrupted",
      "Stopped; nothing was changed.",
    ]);
    const back = "gpu-mode r1 goes on from here, gpu-mode ml goes back.";
    const cases: [ClusterApi, string][] = [
      [silent, `Stopped. Nothing is lost: ${back}`],
      [answering, "Stopped; nothing was changed."],
      [holding("ml", 1), "Stopped; nothing was changed."],
      [holding("r1", 1), `Stopped. Mode r1 has the GPU, and its server is not declared yet: ${back}`],
      [
        holding("r1", 2),
        `Stopped. Mode r1 is declared, and the cluster goes on with it by itself: gpu-mode status shows how far it is, ${back}`,
      ],
    ];
    for (const [api, expected] of cases) {
      assert.deepEqual(await endOf(interrupted, { api }), ["interrupted", expected]);
    }
  });

  it("stays a refusal where it is one, and a fault of the program where it is that", async () => {
    assert.equal((await endOf(new RefusedError("no", [])))[0], "refused");
    assert.equal((await endOf(new Ended("locked", "locked")))[0], "locked");
    const fault = new TypeError("x is not a function");
    assert.equal(
      await endOfSwitch(fault, { mode: "r1", from: undefined, begun: true, api: answering }),
      fault,
    );
  });
});
