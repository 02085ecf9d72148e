// Does NOT prove that phases are begun where they should; the engine tests read them from the command.
import assert from "node:assert/strict";
import { listView, plainView } from "../../../../cli/progress.ts";
import { Phases } from "../../../../operations/switch/phases.ts";
import { terminal } from "../../../support/terminal.ts";

function watched() {
  const lines: string[] = [];
  let now = 0;
  const phases = new Phases(
    plainView((line) => lines.push(line)),
    () => now,
  );
  return {
    lines,
    phases,
    wait(seconds: number) {
      now += seconds * 1000;
    },
  };
}

describe("phases", () => {
  it("are told when they begin and when they have ended, with their seconds", async () => {
    const { lines, phases, wait } = watched();
    phases.begin("check", "who has the GPU");
    wait(0.25);
    phases.moveTo("apply");
    wait(2);
    phases.moveTo("load", "loading the model");
    wait(3);
    await phases.succeed();
    assert.deepEqual(lines, [
      "  check: who has the GPU …",
      "  check done in 0.3 s",
      "  apply …",
      "  apply done in 2.0 s",
      "  load: loading the model …",
      "  load done in 3.0 s",
    ]);
    assert.deepEqual(phases.seconds, { check: 0.25, apply: 2, load: 3 });
    assert.equal(phases.total, 5.25);
  });

  it("may overlap, and come again", async () => {
    const { phases, wait } = watched();
    phases.begin("apply");
    phases.begin("release");
    wait(1);
    phases.end("release");
    wait(2);
    phases.end("apply");
    phases.begin("release");
    wait(0.5);
    phases.end("release");
    phases.end("release");
    await phases.succeed();
    assert.deepEqual(phases.seconds, { release: 1.5, apply: 3 });
  });

  it("tell in a log what is new of them, and nothing twice", () => {
    const { lines, phases } = watched();
    for (const detail of ["pulling", "pulling", "ErrImagePull: refused", "", "ErrImagePull: refused"]) {
      phases.moveTo("pull", detail);
    }
    assert.deepEqual(lines, ["  pull: pulling …", "  pull: ErrImagePull: refused …"]);
  });

  it("that did not succeed are not told as done", async () => {
    const { lines, phases } = watched();
    phases.begin("apply");
    await phases.fail();
    assert.deepEqual(lines, ["  apply …"]);
    assert.deepEqual(phases.seconds, {});
  });

  it("stay in their places on a terminal, and end with their seconds whatever was said meanwhile", async () => {
    const { stream, screen } = terminal();
    let now = 0;
    const phases = new Phases(listView(["check", "claim", "release", "apply", "load"], stream), () => now);
    phases.begin("check", "who has the GPU");
    now += 500;
    phases.moveTo("apply", "pulumi up");
    assert.match(
      screen(),
      /^✔ check {4}0\.5 s\n– claim\n– release\n[◐◓◑◒] apply {4}\d+ s {2}pulumi up\n {2}load$/,
    );
    // It comes after all, while a later one is open.
    phases.begin("release");
    phases.begin("release", "1 pod still holds the GPU");
    phases.say("A line that stays.");
    assert.match(
      screen(),
      /^A line that stays\.\n✔ .*\n– .*\n[◐◓◑◒] release {2}\d+ s {2}1 pod still holds the GPU\n/,
    );
    now += 1500;
    phases.end("release");
    await phases.fail();
    assert.match(
      screen(),
      /^A line that stays\.\n✔ check {4}0\.5 s\n– claim\n✔ release {2}1\.5 s\n✖ apply {4}\d+ s {2}pulumi up\n– load\n$/,
    );
  });

  it("follow the wait back to what is applied once more after a pod has ended", () => {
    const { lines, phases } = watched();
    phases.follow("release", "");
    phases.follow("pull", "");
    phases.follow("apply", "pod vllm-server-1 failed before and is made anew");
    assert.equal(lines.at(-1), "  apply: pod vllm-server-1 failed before and is made anew …");
  });

  it("follow the wait for the cluster, and go back behind no pod that has ended", () => {
    const { lines, phases } = watched();
    phases.begin("apply", "pulumi up");
    for (const phase of ["apply", "release", "apply", "schedule", "pull", "test", "load"] as const) {
      phases.follow(phase, phase === "apply" ? "no pod yet" : "");
    }
    const began = lines.filter((line) => line.endsWith("…"));
    assert.deepEqual(began, [
      "  apply: pulumi up …",
      "  apply: no pod yet …",
      "  release …",
      "  pull: no pod yet …",
      "  test …",
      "  load …",
    ]);
  });
});
