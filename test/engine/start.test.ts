// Does NOT prove anything of fetching the toolchain (it must be in the cache already), of a terminal's display, nor of a
// start that is cut off; see start-killed.test.ts.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { sandboxPaths } from "../../lab/sandbox/base/paths.ts";
import { runningProcesses } from "../../lab/sandbox/base/processes.ts";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { phases } from "../../lab/sandbox/phases.ts";
import { Commands, models } from "../support/commands.ts";
import { eventually, freshSandbox } from "../support/sandbox.ts";

describe("npm start and its companions", function () {
  this.timeout(240_000);
  let sandbox: Sandbox;
  let commands: Commands;

  before(async () => {
    sandbox = await freshSandbox();
    commands = new Commands(sandboxPaths(sandbox.dir));
  });

  after(() => sandbox.remove());

  it("before the first start, env and kubectl say what to do, and stop has nothing to do", async () => {
    for (const script of ["env.ts", "kubectl.ts"]) {
      const { code, stdout, stderr } = await commands.run(script);
      assert.deepEqual(
        [code, stdout, stderr],
        [1, "", "The sandbox is not running; start it with `npm start`.\n"],
      );
    }
    assert.deepEqual(await commands.run("stop.ts"), {
      code: 0,
      stdout: "The sandbox was not running.\n",
      stderr: "",
    });
  });

  it("refuses an unknown mode with the list of modes, and explains itself", async () => {
    const { code, stdout, stderr } = await commands.run("start.ts", "nope");
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(
      stderr,
      /^There is no mode nope: no file Pulumi\.nope\.yaml\. The modes are coder, gaming, ml, r1\b/,
    );
    const help = await commands.run("start.ts", "--help");
    assert.equal(help.code, 0);
    assert.match(help.stdout, /one of coder, gaming, ml, r1/);
  });

  it("brings up ml and says what exists, who has the GPU, the URL, and three commands to try", async () => {
    const { stdout } = await commands.start("ml");
    assert.match(stdout, /^ {2}Deployment +vllm-server +1 of 1 pods ready$/m);
    assert.match(stdout, /^The GPU belongs to pod ml\/vllm-server-\S+ on k3s-gpu-worker\.$/m);
    assert.match(
      stdout,
      /^The GPU node's check: k3s-gpu-worker, by what the cluster knows: 6 ok, 1 warning \(image\)\.$/m,
    );
    assert.ok(stdout.includes(`URL: ${await commands.url()} `), stdout);
    const tries = stdout
      .slice(stdout.indexOf("Try next:\n") + "Try next:\n".length)
      .trim()
      .split("\n");
    assert.equal(tries.length, 3);
    const { stdout: answer } = await promisify(execFile)("sh", ["-c", tries[0] ?? "false"]);
    assert.match(answer, /"chat\.completion"/);
    assert.deepEqual(await commands.served(), [models.ml, "default"]);
  });

  it("prints the plan before it has the toolchain", async () => {
    const { stdout } = await commands.start("ml");
    assert.ok(stdout.indexOf("mode ml") < stdout.indexOf(phases[0]?.title ?? ""), stdout);
  });

  it("refuses to run twice at the same time, naming the process", async () => {
    const first = commands.begin("start.ts", "ml");
    await eventually(20, async () => (first.printed().includes("pulumi up…") ? true : undefined));
    const second = await commands.run("start.ts", "ml");
    assert.equal(second.code, 1);
    assert.ok(
      second.stderr.startsWith(`npm start is running in this sandbox already (process ${first.child.pid});`),
      second.stderr,
    );
    assert.equal((await first.ended).code, 0);
  });

  for (const shell of ["sh", "bash", "zsh"]) {
    it(`env is code for ${shell}: plain pulumi and kubectl act on the sandbox`, async function () {
      const has = await promisify(execFile)("sh", ["-c", `command -v ${shell}`]).catch(() => undefined);
      if (has === undefined) {
        console.log(`      (no ${shell} on this machine)`);
        this.skip();
      }
      const { stdout: code, stderr } = await commands.run("env.ts");
      assert.equal(stderr, "");
      const script = `${code}${code}pulumi stack output model -s ml; kubectl config current-context; printf %s "$PATH" | tr ':' '\\n' | grep -cxF ${JSON.stringify(commands.paths.bin)}`;
      const { stdout } = await promisify(execFile)(shell, ["-c", script], {
        env: { HOME: process.env.HOME, PATH: process.env.PATH },
      });
      assert.deepEqual(stdout.trim().split("\n"), [models.ml, "kwok-sandbox", "1"]);
    });
  }

  it("kubectl passes input and exit status through", async () => {
    const applied = commands.begin("kubectl.ts", "apply", "-f", "-");
    applied.child.stdin?.end(
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"from-input","namespace":"default"}}',
    );
    assert.deepEqual(await applied.ended, { code: 0, stdout: "configmap/from-input created\n", stderr: "" });
    const missing = await commands.run("kubectl.ts", "get", "configmap", "missing", "-n", "default");
    assert.deepEqual([missing.code, missing.stdout], [1, ""]);
  });

  it("the shim keeps what the user has set, and brings a new stack file with its stack", async () => {
    const { stdout: code } = await commands.run("env.ts");
    const shell = async (script: string): Promise<string> =>
      (
        await promisify(execFile)("sh", ["-c", `${code}${script}`], {
          env: { HOME: process.env.HOME, PATH: process.env.PATH },
        })
      ).stdout;
    await shell("pulumi config set vllm-platform:maxNumSeqs 4 -s ml");
    // A tracked file that is newer than the copy: imitated by forgetting what was copied last.
    await shell(`rm ${JSON.stringify(join(commands.paths.project, ".tracked", "Pulumi.r1.yaml"))}`);
    assert.equal((await shell("pulumi config get vllm-platform:maxNumSeqs -s ml")).trim(), "4");
    await shell("pulumi config rm vllm-platform:maxNumSeqs -s ml");
    await stat(join(commands.paths.project, ".tracked", "Pulumi.r1.yaml"));
  });

  describe("afterwards", () => {
    it("stop ends everything and says so", async () => {
      const { code, stdout } = await commands.run("stop.ts");
      assert.equal(code, 0);
      assert.match(stdout, /^Stopped .*etcd.*\. Its state is kept; npm start goes on with it\.\n$/);
      assert.deepEqual(await runningProcesses(commands.paths), []);
    });

    it("clean removes a running sandbox and says so", async () => {
      await commands.start("gaming");
      const { code, stdout } = await commands.run("clean.ts");
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`^Removed the sandbox: ${sandbox.dir}\\.\\n$`));
      await assert.rejects(stat(sandbox.dir));
      assert.deepEqual(commands.processes(), []);
      assert.equal((await commands.run("clean.ts")).code, 0);
    });
  });
});
