// Does NOT prove which failures there are; the engine tests bring some about.

import assert from "node:assert/strict";
import { type ClusterApi, UnreachableError } from "../../../../cluster/api/index.ts";
import { refusal } from "../../../../cluster/findings/refusal.ts";
import { EngineFailed } from "../../../../engine/run.ts";
import { endOfSwitch, type FailedSwitch } from "../../../../operations/switch/failures.ts";
import { Ended, RefusedError } from "../../../../system/errors.ts";

const answering = { get: async () => undefined } as unknown as ClusterApi;
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
    assert.deepEqual(await endOf(interrupted), [
      "interrupted",
      "Stopped. Nothing is lost: gpu-mode r1 goes on from here, gpu-mode ml goes back.",
    ]);
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
