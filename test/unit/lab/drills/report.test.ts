// Does not prove that a drill measures what it says; `npm run drills` goes through them on a real node.
import assert from "node:assert/strict";
import type { Finding } from "../../../../lab/drills/base/drill.ts";
import {
  allKept,
  brokenIn,
  type DrillReport,
  figuresOf,
  type Report,
  reportText,
} from "../../../../lab/drills/report.ts";

const machine = { processor: "a processor", cores: 2, memoryGiB: 24, node: "v24.0.0" };
const gone = (value: number): Finding => ({
  requirement: "loss",
  promise: "noticed",
  value,
  unit: "s",
  atMost: 10,
});
const failed = (value: number): Finding => ({
  promise: "requests without an answer",
  value,
  unit: "requests",
});
const drill = (rounds: readonly Finding[][], more: Partial<DrillReport> = {}): DrillReport => ({
  name: "killed",
  title: "The server is killed",
  rounds,
  ...more,
});
const report = (...drills: DrillReport[]): Report => ({
  ...{ date: "2026-11-27", machine, rounds: 3, short: false },
  drills,
});

describe("the report of the drills", () => {
  it("has median and worst of all rounds, promise by promise", () => {
    const figures = figuresOf(drill([[gone(3), failed(0)], [gone(9)], [gone(4), failed(2)]]));
    assert.deepEqual(figures, [
      { requirement: "loss", promise: "noticed", unit: "s", atMost: 10, median: 4, worst: 9 },
      { promise: "requests without an answer", unit: "requests", median: 0, worst: 2 },
    ]);
  });

  it("holds the worst round against the promise, and nothing against what is only told", () => {
    assert.equal(allKept(report(drill([[gone(10), failed(99)]]))), true);
    assert.equal(allKept(report(drill([[gone(1)], [gone(10.1)], [gone(2)]]))), false);
  });

  it("tells of a round at once what it has not kept", () => {
    assert.deepEqual(brokenIn([gone(10), failed(99)]), []);
    assert.deepEqual(brokenIn([gone(10.1), failed(99), { ...failed(2), atMost: 0 }]), [
      "not kept: noticed: 10.1 s, at most 10 s",
      "not kept: requests without an answer: 2 requests, at most 0 requests",
    ]);
  });

  it("keeps no promise by a drill that broke off", () => {
    const broken = drill([[gone(1)]], { brokenOff: "it was not so within 30 s that the CPU answers" });
    assert.equal(allKept(report(broken)), false);
    assert.match(
      reportText(report(broken)),
      /\| \*\*broken off\*\*: it was not so within 30 s .*\| \*\*NO\*\* \|\n\nNot kept:\n\n- The server is killed: broken off: it was not so within 30 s that the CPU answers$/,
    );
  });

  it("says below the table what exactly was found where a promise is not kept, and nothing more where it is", () => {
    const reached = (value: number, ...details: string[]): Finding => ({
      promise: "nobody gets in",
      value,
      unit: "wrong of 2",
      atMost: 0,
      details,
    });
    const text = reportText(report(drill([[reached(0, "unheard of")], [reached(1, "a pod got in")]])));
    assert.match(
      text,
      /\| 0 wrong of 2 \| 1 wrong of 2 \| \*\*NO\*\* \|\n\nNot kept:\n\n- The server is killed: nobody gets in: 1 wrong of 2, at most 0 wrong of 2\n {2}- a pod got in$/,
    );
  });

  it("is a table for people", () => {
    assert.equal(
      reportText(
        report(
          drill([
            [gone(1.26), failed(1)],
            [gone(11), failed(0)],
          ]),
        ),
      ),
      `3 rounds of each drill, 2026-11-27, 2 cores (a processor), 24 GiB, Node.js v24.0.0.

| drill                | promise                    | asked for | at most | median     | worst      | kept   |
| -------------------- | -------------------------- | --------- | ------- | ---------- | ---------- | ------ |
| The server is killed | noticed                    | loss      | 10 s    | 1.3 s      | 11 s       | **NO** |
|                      | requests without an answer |           |         | 0 requests | 1 requests |        |

Not kept:

- The server is killed: noticed: 11 s, at most 10 s`,
    );
  });
});
