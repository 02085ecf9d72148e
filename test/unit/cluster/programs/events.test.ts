// Does NOT prove when a program tells what; the engine tests see it in gpu-mode's lines and exit statuses.
import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventsVariable, type PlatformEvent, readEvents, tell } from "../../../../cluster/programs/events.ts";

describe("events of an update's programs", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "events-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const told: PlatformEvent[] = [
    { kind: "waiting", phase: "load", detail: "loading\nthe model" },
    { kind: "not-served", detail: "no image" },
  ];

  it("are read as they were told, and none where nothing was", () => {
    const file = join(folder, "events.jsonl");
    assert.deepEqual(readEvents(file), []);
    for (const event of told) tell(event, { [eventsVariable]: file });
    assert.deepEqual(readEvents(file), told);
  });

  it("do without a line that is not whole yet, or never will be", () => {
    const file = join(folder, "events.jsonl");
    tell(told[0] as PlatformEvent, { [eventsVariable]: file });
    appendFileSync(file, '{"kind":"not-');
    assert.deepEqual(readEvents(file), told.slice(0, 1));
    tell(told[1] as PlatformEvent, { [eventsVariable]: file });
    tell(told[1] as PlatformEvent, { [eventsVariable]: file });
    assert.deepEqual(readEvents(file), told);
  });

  it("end no program where nobody can listen", () => {
    tell(told[0] as PlatformEvent, {});
    tell(told[0] as PlatformEvent, { [eventsVariable]: join(folder, "gone", "events.jsonl") });
    assert.deepEqual(readEvents(join(folder, "gone", "events.jsonl")), []);
  });
});
