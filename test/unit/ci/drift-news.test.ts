// Does NOT prove that the news reach anybody.
import assert from "node:assert/strict";
import { type Memory, memoryOf, newsOf, type Outcome } from "../../../ci/drift-news.ts";
import { driftRun, fitting } from "../../../ci/drift-report.ts";

const none: Outcome = { kind: "none" };
const unknown: Outcome = { kind: "unknown" };
const drift = (fingerprint: string): Outcome => ({ kind: "drift", fingerprint });
const failed = (how: string): Outcome => ({ kind: "failed", how });

/** What is news, run by run, with the hours between them. */
function story(...runs: readonly (readonly [hours: number, outcome: Outcome])[]): (string | undefined)[] {
  let memory: Memory | undefined;
  let hours = 0;
  return runs.map(([later, outcome]) => {
    hours += later;
    const next = newsOf(memory, outcome, new Date(Date.UTC(2026, 0, 1) + hours * 3_600_000));
    memory = next.memory;
    return next.news;
  });
}

describe("what of a drift run is news", () => {
  it("is drift once, another drift, and its end", () => {
    assert.deepEqual(
      story(
        [0, none],
        [24, drift("a")],
        [24, drift("a")],
        [24, drift("b")],
        [24, none],
        [24, none],
        [24, drift("b")],
      ),
      [undefined, "found", undefined, "changed", "clean", undefined, "found"],
    );
  });

  it("is a day without an answer, once, and its end", () => {
    const hourly = Array.from({ length: 26 }, () => [1, unknown] as const);
    assert.deepEqual(
      story([0, none], ...hourly).flatMap((news, hour) => (news === undefined ? [] : [`${hour}: ${news}`])),
      ["24: alarm"],
    );
    assert.deepEqual(story([0, none], [24, unknown], [24, unknown], [24, unknown], [24, none]), [
      undefined,
      undefined,
      "alarm",
      undefined,
      "clean",
    ]);
    assert.deepEqual(
      story([0, none], [24, unknown], [1, none], [24, unknown], [1, none]),
      Array(5).fill(undefined),
    );
  });

  it("is at once that a first run cannot tell, or that the run itself fails; the same failure is none again", () => {
    assert.deepEqual(story([0, unknown], [24, unknown]), ["alarm", undefined]);
    assert.deepEqual(
      story([0, none], [24, failed("status 1")], [24, failed("status 1")], [24, failed("status 137")]),
      [undefined, "alarm", undefined, "alarm"],
    );
    assert.deepEqual(story([0, drift("a")], [24, failed("status 1")], [24, drift("a")]), [
      "found",
      "alarm",
      undefined,
    ]);
  });

  it("keeps since when a drift is there, over runs that could not tell", () => {
    const at = (day: number) => new Date(Date.UTC(2026, 0, day));
    const first = newsOf(undefined, drift("a"), at(1)).memory;
    const later = newsOf(newsOf(first, unknown, at(2)).memory, drift("a"), at(3)).memory;
    assert.deepEqual(later, {
      fingerprint: "a",
      since: "2026-01-01T00:00:00.000Z",
      told: "2026-01-03T00:00:00.000Z",
    });
  });

  it("takes from a record only what it knows", () => {
    assert.deepEqual(memoryOf({ fingerprint: "a", told: 5, other: "x" }), { fingerprint: "a" });
    assert.equal(memoryOf(undefined), undefined);
  });
});

describe("what a drift run came to", () => {
  const report = "<!-- vllm-platform:drift -->\n<!-- fingerprint: 0a1b -->\n**Drift**\n";
  it("goes by status, and believes neither drift nor none without a report", () => {
    assert.deepEqual(driftRun("2", report), {
      outcome: drift("0a1b"),
      lines: ["<!-- fingerprint: 0a1b -->", "**Drift**"],
    });
    assert.deepEqual(driftRun("0", report).outcome, none);
    assert.deepEqual(driftRun("4", "").outcome, unknown);
    for (const [status, text, how] of [
      ["0", "", "status 0 without a report"],
      ["2", "**Drift**", "status 2 without a report"],
      ["1", report, "status 1"],
      ["", report, "no status"],
    ] as const) {
      assert.deepEqual(driftRun(status, text), { outcome: failed(how), lines: [] });
    }
  });

  it("is cut at whole lines", () => {
    assert.deepEqual(fitting(["abc", "def"], 8), ["abc", "def"]);
    assert.deepEqual(fitting(["abc", "déf"], 8), [
      "abc",
      "",
      "… cut: the whole report is longer than may be shown here.",
    ]);
  });
});
