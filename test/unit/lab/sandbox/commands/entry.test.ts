// Does NOT prove that each command reports its errors this way; see commands.test.ts.
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../../../../lab/sandbox/base/paths.ts";
import { type Finished, finish } from "../../../../../system/processes.ts";
import { Folder } from "../fixtures.ts";

describe("a command that fails", () => {
  let folder: Folder;
  beforeEach(() => {
    folder = new Folder();
  });
  afterEach(() => folder.remove());

  function run(main: string): Promise<Finished> {
    const module = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
    const program = `import { runEntry } from ${module("../../../../../lab/sandbox/commands/entry.ts")};
      import { UserError } from ${module("../../../../../system/errors.ts")};
      import { writeFileSync } from "node:fs";
      await runEntry(async () => { ${main} });`;
    return finish(process.execPath, ["--input-type=module", "-e", program]);
  }

  it("says what its user can fix, without a stack trace", async () => {
    assert.deepEqual(await run('throw new UserError("fix it");'), {
      status: 1,
      stdout: "",
      stderr: "fix it\n",
    });
  });

  it("says that the disk is full", async function () {
    if (!existsSync("/dev/full")) {
      console.log("      (this system has no /dev/full)");
      this.skip();
    }
    const { status, stderr } = await run('writeFileSync("/dev/full", "x"); ');
    assert.equal(status, 1);
    assert.match(
      stderr,
      /cannot be written: the disk is full: free some space, or name another .* VLLM_PLATFORM_SANDBOX\.\n$/,
    );
  });

  it("shows where, when it is a fault of its own", async () => {
    const { status, stderr } = await run('throw new TypeError("a fault");');
    assert.equal(status, 1);
    assert.match(stderr, /TypeError: a fault\n\s+at /);
  });

  it("says that the sandbox cannot be where it should", async () => {
    const place = join(folder.dir, "a file");
    writeFileSync(place, "");
    const env = { ...process.env, VLLM_PLATFORM_SANDBOX: join(place, "sandbox") };
    const start = join(projectRoot, "lab/sandbox/commands/start.ts");
    const { status, stderr } = await finish(process.execPath, [start], { env });
    assert.equal(status, 1);
    assert.match(
      stderr,
      /cannot be written: a part of that path is a file, not a folder, or name another folder/,
    );
    assert.doesNotMatch(stderr, /\n\s+at /);
  });
});
