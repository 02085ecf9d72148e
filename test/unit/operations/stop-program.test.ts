// Does NOT prove that the engine ends with the program; the engine tests take a Lease away under it.
import assert from "node:assert/strict";
import { stopProgram } from "../../../operations/stop-program.ts";

describe("a program that must not go on", () => {
  const hangs = (): Promise<void> => new Promise(() => {});
  const fails = async (): Promise<void> => Promise.reject(new Error("the engine is gone"));

  for (const [name, tell] of [
    ["has told why", async () => {}],
    ["cannot tell why", fails],
    ["waits in vain for whoever is told", hangs],
  ] as const) {
    it(`does what is left and ends where it ${name}`, async () => {
      const done: unknown[] = [];
      await stopProgram(
        tell,
        async () => void done.push("last"),
        (status) => done.push(status),
        5,
      );
      assert.deepEqual(done, ["last", 1]);
    });
  }

  it("ends where what is left fails or hangs", async () => {
    for (const last of [fails, hangs]) {
      const ended: number[] = [];
      await stopProgram(
        async () => {},
        last,
        (status) => ended.push(status),
        5,
      );
      assert.deepEqual(ended, [1]);
    }
  });
});
