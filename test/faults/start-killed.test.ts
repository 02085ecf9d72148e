// Does NOT prove anything of fetching the toolchain (it must be in the cache already; a unit test kills builds), nor of
// a kill of the whole machine.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { sandboxPaths } from "../../lab/sandbox/base/paths.ts";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { type Phase, phasesFor } from "../../lab/sandbox/phases.ts";
import { Commands, models } from "../support/commands.ts";
import { eventually, freshSandbox } from "../support/sandbox.ts";

/** One that another's end has ended meanwhile is no fault. */
function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

const isPlugin = (pid: number): boolean => {
  try {
    const [executable = ""] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return /^pulumi-(resource|language)-/.test(basename(executable));
  } catch {
    return false; // it has ended
  }
};

const phases = phasesFor("simulated");

/** How many phases must be over, one after the other, before this one begins. */
function depth({ needs }: Phase): number {
  const before = phases.filter(({ name }) => needs.includes(name));
  return before.length === 0 ? 0 : 1 + Math.max(...before.map(depth));
}

describe("npm start that is cut off", function () {
  this.timeout(240_000);
  let sandbox: Sandbox;
  let commands: Commands;
  let mode = "ml";

  before(async () => {
    sandbox = await freshSandbox();
    commands = new Commands(sandboxPaths(sandbox.dir));
  });

  after(() => sandbox.remove());

  async function goesOn(): Promise<void> {
    await commands.start(mode);
    assert.deepEqual(await commands.served(), [models[mode], "default"]);
  }

  describe("by a kill", () => {
    // From an empty folder, each run going on where the one before was killed. Phases run side by side: what is early and
    // short is killed first, so that each is met while it has something to do.
    for (const phase of [...phases].sort((a, b) => depth(a) - depth(b) || a.usual - b.usual)) {
      it(`at its phase ${phase.name} leaves no process behind`, async () => {
        const run = commands.begin("start.ts", mode);
        await eventually(60, async () => (run.printed().includes(`${phase.title}…`) ? true : undefined));
        run.child.kill("SIGKILL");
        await run.ended;
        await commands.nothingLeft();
      });
    }

    it("at all of them has the next run go on to its end", () => goesOn());

    it("in the midst of pulumi's update has the next run go on at once", async () => {
      mode = "r1";
      const run = commands.begin("start.ts", mode);
      const locks = join(commands.paths.state, ".pulumi", "locks", "organization", "vllm-platform", mode);
      const locked = async (): Promise<boolean> =>
        (await readdir(locks)).some((name) => name.endsWith(".json"));
      await eventually(60, async () => ((await locked()) ? true : undefined));
      // Not Pulumi's plugins: whoever kills a pulumi does not think of them, and the Kubernetes provider would stay for ever.
      for (const pid of commands.processes()) if (!isPlugin(pid)) kill(pid);
      await run.ended;
      assert.equal(await locked(), true);
      // At once, while nobody may yet have taken note of the killed processes' end.
      await goesOn();
      assert.deepEqual(commands.processes().filter(isPlugin), []);
    });
  });

  describe("by Ctrl-C", () => {
    it("ends its children too; the next run goes on", async () => {
      await commands.run("stop.ts");
      mode = "ml";
      const run = commands.begin("start.ts", mode);
      await eventually(60, async () => (run.printed().includes("pulumi up…") ? true : undefined));
      run.child.kill("SIGINT");
      const { code, stderr } = await run.ended;
      assert.equal(code, 130);
      assert.match(stderr, /The next `npm start` goes on from here/);
      await commands.nothingLeft();
      await goesOn();
    });
  });
});
