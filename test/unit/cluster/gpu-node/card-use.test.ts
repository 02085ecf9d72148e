// Does NOT ask a node; test/faults/released.test.ts does.
import assert from "node:assert/strict";
import { heldOn } from "../../../../cluster/gpu-node/card-use.ts";
import type { GpuProcess } from "../../../../cluster/gpu-node/facts/facts.ts";

const server: GpuProcess = { pid: 1403, name: "python3", kind: "C", place: "pod", usedMiB: 9000 };
const desktop: GpuProcess = { pid: 900, name: "Xorg", kind: "G", place: "host", usedMiB: 244 };
const game: GpuProcess = { pid: 2000, name: "game", kind: "C+G", place: "host", usedMiB: 7000 };

describe("what keeps the card from being free", () => {
  const held = (usedMiB: number, processes: GpuProcess[], desktopMiB = 0): string | undefined =>
    heldOn({ usedMiB, totalMiB: 12_288, processes }, desktopMiB);

  it("is a program of a pod, or one of which nobody knows whose it is", () => {
    assert.match(
      held(9003, [server]) ?? "",
      /^python3 \(process 1403, 9000 MiB\) still computes on the card$/,
    );
    const { usedMiB: _, ...unsized } = server;
    assert.match(held(9003, [{ ...unsized, place: "unknown" }]) ?? "", /^python3 \(process 1403\) still/);
  });

  it("is memory that no program is named for, above what a desktop has", () => {
    assert.match(held(8000, []) ?? "", /^8000 MiB of the card are still in use/);
    assert.equal(held(301, []), held(8000, [])?.replace("8000", "301"));
    assert.match(held(8000, [desktop]) ?? "", /^8000 MiB/);
  });

  it("is no empty card, no desktop, and no game that has begun already", () => {
    for (const free of [held(3, []), held(300, []), held(250, [desktop]), held(7300, [game, desktop])]) {
      assert.equal(free, undefined);
    }
    assert.equal(held(1500, [], 1200), undefined, "what gpuNode.card.desktopMiB reserves");
  });
});
