// Does NOT prove that a card would hold what the gate reckons: test/unit/stacks/gates holds it against public logs.
import assert from "node:assert/strict";
import { join } from "node:path";
import { startMeasurements } from "../../../../operations/verify/measures/start.ts";
import { planFromFiles } from "../../../../stacks/index.ts";

const plan = (mode: string) => planFromFiles(join(import.meta.dirname, "../../../.."), mode);
const at = (second: number): Date => new Date(Date.UTC(2026, 10, 27, 7, 22, second));
const nothing = { startedAt: undefined, turnedReadyAt: undefined };
const told = (mode: string, start: Parameters<typeof startMeasurements>[1]) =>
  startMeasurements(plan(mode), start).map(({ actual, met, note }) => [actual, met, note]);

describe("the last start", () => {
  it("took as long as until the server's own word, not until its pod turned ready again", () => {
    const start = { ...nothing, startedAt: at(0), readyAt: at(45), turnedReadyAt: at(59) };
    assert.deepEqual(told("r1", start)[0], [45, true, "by the server's log"]);
    assert.deepEqual(told("ml", start)[0], [45, null, "by the server's log"]);
  });

  it("is told by the pod where the log does not go back so far, or is another container's", () => {
    const note = "by the pod's readiness, as its log does not tell";
    const start = { ...nothing, startedAt: at(10), turnedReadyAt: at(13) };
    assert.deepEqual(told("r1", start)[0], [3, true, note]);
    assert.deepEqual(told("r1", { ...start, readyAt: at(5) })[0], [3, true, note]);
  });

  it("is over its target at 90 s of a model that reasons", () => {
    const start = { ...nothing, startedAt: at(0), readyAt: at(90) };
    assert.deepEqual(told("r1", start)[0], [90, false, "by the server's log"]);
  });

  it("says by how much the gate was off", () => {
    const { budget } = plan("ml").gates.memory;
    const [, weights, room] = startMeasurements(plan("ml"), {
      ...nothing,
      weightsGiB: 5.2035,
      keyValueTokens: budget.keyValueTokens / 1.1,
    });
    assert.ok(Math.abs(weights?.offPercent ?? 99) < 1, `${weights?.offPercent} %`);
    assert.equal(room?.reckoned, budget.keyValueTokens);
    assert.equal(Math.round((room?.offPercent ?? 0) * 10) / 10, 10);
  });

  it("counts tokens by the memory that the log gives where it counts none", () => {
    const { bytesPerToken } = plan("ml").gates.memory.budget;
    const [, , room] = startMeasurements(plan("ml"), { ...nothing, keyValueGiB: 1 });
    assert.equal(room?.actual, Math.floor(1024 ** 3 / bytesPerToken));
  });

  it("holds no memory of a CPU against a card's", () => {
    const [, weights, room] = told("ml", {
      ...nothing,
      device: "CPU",
      keyValueGiB: 1,
      keyValueTokens: 2_097_152,
    });
    for (const one of [weights, room]) {
      assert.deepEqual(one, [null, null, "the engine ran on the CPU, and the gate reckons a card"]);
    }
  });

  it("that nobody knows of has its reason in each row", () => {
    for (const row of told("ml", new Error("these credentials may not read the logs"))) {
      assert.deepEqual(row, [null, null, "these credentials may not read the logs"]);
    }
    assert.deepEqual(told("ml", nothing)[1], [null, null, "the server's log does not tell (any more)"]);
  });
});
