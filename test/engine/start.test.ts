// Does NOT prove anything of fetching the toolchain (it must be in the cache already), of a terminal's display, nor of a
// start that is cut off; see start-killed.test.ts.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse } from "yaml";
import { projectRoot, sandboxPaths } from "../../lab/sandbox/base/paths.ts";
import { runningProcesses } from "../../lab/sandbox/base/processes.ts";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { phasesFor } from "../../lab/sandbox/phases.ts";
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
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(
      stderr,
      /^There is no mode nope: \S+ has no file Pulumi\.nope\.yaml\. The modes are coder, gaming, ml, r1\b/,
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
      /^The GPU node's check: k3s-gpu-worker, by what the cluster knows: 6 ok, 1 warning \(image\)\. More of it: eval "\$\(npm run -s env\)" && gpu-mode doctor$/m,
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
    assert.ok(stdout.indexOf("mode ml") < stdout.indexOf(phasesFor("simulated")[0]?.title ?? ""), stdout);
  });

  it("refuses to run twice at the same time, naming the process", async () => {
    const first = commands.begin("start.ts", "ml");
    await eventually(60, async () => (first.printed().includes("pulumi up…") ? true : undefined));
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

  describe("the shell works on the stack files themselves", () => {
    const file = (name: string): string => join(commands.paths.files, name);
    const render = `${process.execPath} ${join(projectRoot, "cli", "render.ts")} ml`;
    const shell = async (script: string): Promise<{ stdout: string; stderr: string }> => {
      const { stdout: code } = await commands.run("env.ts");
      return promisify(execFile)("sh", ["-c", `${code}${script}`], {
        env: { HOME: process.env.HOME, PATH: process.env.PATH },
      });
    };

    it("a start changes none of them", async () => {
      for (const name of await readdir(commands.paths.files)) {
        assert.equal(
          await readFile(file(name), "utf8"),
          await readFile(join(projectRoot, name), "utf8"),
          name,
        );
      }
    });

    it("what pulumi sets and removes is set and removed there, and said", async () => {
      const before = await readFile(file("Pulumi.ml.yaml"), "utf8");
      const key = "vllm-platform:maxNumSeqs";
      const set = await shell(`pulumi config set ${key} 4 -s ml; gpu-mode plan ml --json; ${render}`);
      assert.ok(set.stderr.includes(`Changed ${file("Pulumi.ml.yaml")}: ${key} set.\n`), set.stderr);
      assert.match(await readFile(file("Pulumi.ml.yaml"), "utf8"), /^ {2}vllm-platform:maxNumSeqs: "?4"?$/m);
      assert.match(set.stdout, /"maxNumSeqs": 4,/);
      assert.match(set.stdout, /- --max-num-seqs\n +- "4"\n/);
      const removed = await shell(`pulumi config rm ${key} -s ml`);
      assert.match(removed.stderr, /: vllm-platform:maxNumSeqs removed\.$/m);
      assert.equal(await readFile(file("Pulumi.ml.yaml"), "utf8"), before);
    });

    it("a secret and the salt stay in the sandbox", async () => {
      const before = await readFile(file("Pulumi.ml.yaml"), "utf8");
      await shell(
        "echo hf_0123456789abcdef | pulumi config set --secret vllm-platform:huggingFaceToken -s ml",
      );
      assert.equal(await readFile(file("Pulumi.ml.yaml"), "utf8"), before);
      const own = parse(await readFile(join(commands.paths.secrets, "Pulumi.ml.yaml"), "utf8"));
      assert.deepEqual(Object.keys(own), ["encryptionsalt", "config"]);
      await writeFile(file("Pulumi.ml.yaml"), `${before}# seen\n`);
      const { stdout } = await shell("pulumi config get vllm-platform:huggingFaceToken -s ml");
      assert.equal(stdout.trim(), "hf_0123456789abcdef");
      await writeFile(file("Pulumi.ml.yaml"), before);
      const shown = await shell(`${render} --show-secrets`);
      assert.ok(shown.stdout.includes(`  token: ${btoa("hf_0123456789abcdef")}\n`), shown.stdout);
      assert.doesNotMatch((await shell(render)).stdout, /HF_TOKEN/, "not among the files that are tracked");
      await shell("pulumi config rm vllm-platform:huggingFaceToken -s ml");
    });

    it("a file that is edited or new counts at once, and a new one has its stack", async () => {
      const text = await readFile(file("Pulumi.ml.yaml"), "utf8");
      for (const name of ["newmode", "My_Mode"]) await writeFile(file(`Pulumi.${name}.yaml`), text);
      const { stdout } = await shell("gpu-mode plan newmode; pulumi stack ls");
      assert.match(stdout, /^newmode\*? /m);
      assert.doesNotMatch(stdout, /^My_Mode\*? /m, "no mode may be called so");
      for (const name of ["newmode", "My_Mode"]) await rm(file(`Pulumi.${name}.yaml`));
      const missing = await shell("gpu-mode plan newmode 2>&1 || true");
      const where = await realpath(commands.paths.files);
      assert.ok(missing.stdout.includes(`: ${where} has no file Pulumi.newmode.yaml.`), missing.stdout);
      await writeFile(file("Pulumi.ml.yaml"), text.replace(/maxModelLen: \d+/, "maxModelLen: 4096"));
      assert.match((await shell(render)).stdout, /- --max-model-len\n +- "4096"\n/);
      await writeFile(file("Pulumi.ml.yaml"), text);
    });

    it("a stack that is removed stays so", async () => {
      const { stdout } = await shell(
        "pulumi stack rm coder --yes --force; pulumi stack ls; pulumi stack init coder",
      );
      assert.doesNotMatch(stdout, /^coder\*? /m);
      assert.match((await shell("pulumi stack ls")).stdout, /^coder\*? /m);
    });

    it("a broken file is told by name, and bricks nothing", async () => {
      const text = await readFile(file("Pulumi.r1.yaml"), "utf8");
      for (const broken of ["config: hello\n", `${text}  x: [\n`]) {
        await writeFile(file("Pulumi.r1.yaml"), broken);
        const { stdout } = await shell("gpu-mode status; pulumi stack ls; gpu-mode plan r1 2>&1 || true");
        assert.match(stdout, /^mode +ml/m);
        assert.match(stdout, /Pulumi\.r1\.yaml/);
        assert.doesNotMatch(stdout, /\n {4}at /, "a stack trace");
      }
      await writeFile(file("Pulumi.r1.yaml"), text);
      assert.match((await shell("gpu-mode plan r1")).stdout, /deepseek/i);
    });
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
