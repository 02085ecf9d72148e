// Does NOT prove anything of fetching the toolchain (it must be in the cache already; a unit test kills builds), nor of
// a kill of the whole machine.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Sandbox } from "../../sandbox/index.ts";
import { sandboxPaths } from "../../sandbox/paths.ts";
import { phases } from "../../sandbox/start.ts";
import { Commands, models } from "../support/commands.ts";
import { eventually, freshSandbox } from "../support/sandbox.ts";

const isPlugin = (pid: number): boolean => {
  try {
    const [executable = ""] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return /^pulumi-(resource|language)-/.test(basename(executable));
  } catch {
    return false; // it has ended
  }
};

describe("npm start that is cut off", function () {
  this.timeout(240_000);
  let sandbox: Sandbox;
  let commands: Commands;
  let mode = "ml";

  before(async () => {
    sandbox = await freshSandbox();
    commands = new Commands(sandboxPaths(sandbox.dir));
    await commands.start(mode);
  });

  after(() => sandbox.remove());

  /** Another mode each time, so that each phase has something to do. */
  function nextMode(): string {
    mode = mode === "r1" ? "ml" : "r1";
    return mode;
  }

  async function goesOn(): Promise<void> {
    await commands.nothingLeft();
    await commands.start(mode);
    assert.deepEqual(await commands.served(), [models[mode], "default"]);
  }

  it("by Ctrl-C ends its children too; the next run goes on", async () => {
    await commands.run("stop.ts");
    const run = commands.begin("start.ts", nextMode());
    await eventually(60, async () => (run.printed().includes("pulumi up…") ? true : undefined));
    run.child.kill("SIGINT");
    const { code, stderr } = await run.ended;
    assert.equal(code, 130);
    assert.match(stderr, /The next `npm start` goes on from here/);
    await goesOn();
  });

  describe("by a kill at each of its phases, and the next run goes on", () => {
    for (const phase of phases) {
      it(phase.name, async () => {
        const ofCluster = ["cluster-parts", "cluster", "world", "daemon"];
        if (ofCluster.includes(phase.name)) await commands.run("stop.ts");
        const run = commands.begin("start.ts", nextMode());
        await eventually(60, async () => (run.printed().includes(`${phase.title}…`) ? true : undefined));
        run.child.kill("SIGKILL");
        await run.ended;
        await goesOn();
      });
    }

    it("in the midst of pulumi's update", async () => {
      const run = commands.begin("start.ts", nextMode());
      const locks = join(commands.paths.state, ".pulumi", "locks", "organization", "vllm-platform", mode);
      const locked = async (): Promise<boolean> =>
        (await readdir(locks)).some((name) => name.endsWith(".json"));
      await eventually(60, async () => ((await locked()) ? true : undefined));
      // Not Pulumi's plugins: whoever kills a pulumi does not think of them, and the Kubernetes provider would stay for ever.
      for (const pid of commands.processes()) if (!isPlugin(pid)) process.kill(pid, "SIGKILL");
      await run.ended;
      assert.equal(await locked(), true);
      // At once, while nobody may yet have taken note of the killed processes' end.
      await commands.start(mode);
      assert.deepEqual(await commands.served(), [models[mode], "default"]);
      assert.deepEqual(commands.processes().filter(isPlugin), []);
    });
  });
});
