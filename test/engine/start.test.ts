// Does NOT prove anything of fetching the toolchain (it must be in the cache already), nor of a terminal's display.
import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Sandbox } from "../../sandbox/index.ts";
import { runningProcesses } from "../../sandbox/leftovers.ts";
import { projectRoot, type SandboxPaths, sandboxPaths } from "../../sandbox/paths.ts";
import { phases } from "../../sandbox/start.ts";
import { eventually, freshSandbox } from "../support/sandbox.ts";

describe("npm start and its companions", function () {
  this.timeout(240_000);
  let sandbox: Sandbox;
  let paths: SandboxPaths;

  before(async () => {
    sandbox = await freshSandbox();
    paths = sandboxPaths(sandbox.dir);
  });

  after(() => sandbox.remove());

  interface Ended {
    readonly code: number | null;
    readonly stdout: string;
    readonly stderr: string;
  }

  const environment = (): NodeJS.ProcessEnv => ({ ...process.env, VLLM_PLATFORM_SANDBOX: sandbox.dir });

  function begin(
    script: string,
    ...args: string[]
  ): { child: ChildProcess; ended: Promise<Ended>; printed: () => string } {
    const file = join(projectRoot, "sandbox", script);
    const child = spawn(process.execPath, [file, ...args], {
      env: environment(),
      cwd: projectRoot,
      stdio: ["pipe", "pipe", "pipe"],
    });
    const text = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name]?.setEncoding("utf8").on("data", (part: string) => {
        text[name] += part;
      });
    }
    const ended = once(child, "close").then(([code]) => ({ code: code as number | null, ...text }));
    return { child, ended, printed: () => text.stdout };
  }

  const command = (script: string, ...args: string[]): Promise<Ended> => begin(script, ...args).ended;

  async function start(mode: string): Promise<Ended> {
    const ended = await command("start.ts", mode);
    assert.equal(ended.code, 0, `${ended.stdout}\n${ended.stderr}`);
    return ended;
  }

  const url = async (): Promise<string> => {
    const ports = JSON.parse(await readFile(paths.ports, "utf8")) as { url: number };
    return `http://127.0.0.1:${ports.url}`;
  };

  async function served(): Promise<string[]> {
    const response = await fetch(`${await url()}/v1/models`);
    assert.equal(response.status, 200);
    return ((await response.json()) as { data: { id: string }[] }).data.map(({ id }) => id);
  }

  const models: Readonly<Record<string, string>> = {
    ml: "Qwen/Qwen2.5-7B-Instruct-AWQ",
    r1: "casperhansen/deepseek-r1-distill-qwen-7b-awq",
  };

  it("before the first start, env and kubectl say what to do, and stop has nothing to do", async () => {
    for (const script of ["env.ts", "kubectl.ts"]) {
      const { code, stdout, stderr } = await command(script);
      assert.deepEqual(
        [code, stdout, stderr],
        [1, "", "The sandbox is not running; start it with `npm start`.\n"],
      );
    }
    assert.deepEqual(await command("stop.ts"), {
      code: 0,
      stdout: "The sandbox was not running.\n",
      stderr: "",
    });
  });

  it("refuses an unknown mode with the list of modes, and explains itself", async () => {
    const { code, stdout, stderr } = await command("start.ts", "nope");
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(
      stderr,
      /^There is no mode nope: no file Pulumi\.nope\.yaml\. The modes are coder, gaming, ml, r1\b/,
    );
    const help = await command("start.ts", "--help");
    assert.equal(help.code, 0);
    assert.match(help.stdout, /one of coder, gaming, ml, r1/);
  });

  it("brings up ml and says what exists, who has the GPU, the URL, and three commands to try", async () => {
    const { stdout } = await start("ml");
    assert.match(stdout, /^ {2}Deployment +vllm-server +1 of 1 pods ready$/m);
    assert.match(stdout, /^The GPU belongs to pod ml\/vllm-server-\S+ on k3s-gpu-worker\.$/m);
    assert.ok(stdout.includes(`URL: ${await url()} `), stdout);
    const tries = stdout
      .slice(stdout.indexOf("Try next:\n") + "Try next:\n".length)
      .trim()
      .split("\n");
    assert.equal(tries.length, 3);
    const { stdout: answer } = await promisify(execFile)("sh", ["-c", tries[0] ?? "false"]);
    assert.match(answer, /"chat\.completion"/);
    assert.deepEqual(await served(), [models.ml, "default"]);
  });

  it("prints the plan before it has the toolchain", async () => {
    const { stdout } = await start("ml");
    assert.ok(stdout.indexOf("mode ml") < stdout.indexOf(phases[0]?.title ?? ""), stdout);
  });

  it("refuses to run twice at the same time, naming the process", async () => {
    const first = begin("start.ts", "ml");
    await eventually(20, async () => (first.printed().includes("pulumi up") ? true : undefined));
    const second = await command("start.ts", "ml");
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
      const { stdout: code, stderr } = await command("env.ts");
      assert.equal(stderr, "");
      const script = `${code}${code}pulumi stack output model -s ml; kubectl config current-context; printf %s "$PATH" | tr ':' '\\n' | grep -cxF ${JSON.stringify(paths.bin)}`;
      const { stdout } = await promisify(execFile)(shell, ["-c", script], {
        env: { HOME: process.env.HOME, PATH: process.env.PATH },
      });
      assert.deepEqual(stdout.trim().split("\n"), [models.ml, "kwok-sandbox", "1"]);
    });
  }

  it("kubectl passes input and exit status through", async () => {
    const applied = begin("kubectl.ts", "apply", "-f", "-");
    applied.child.stdin?.end(
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"from-input","namespace":"default"}}',
    );
    assert.deepEqual(await applied.ended, { code: 0, stdout: "configmap/from-input created\n", stderr: "" });
    const missing = await command("kubectl.ts", "get", "configmap", "missing", "-n", "default");
    assert.deepEqual([missing.code, missing.stdout], [1, ""]);
  });

  it("the shim keeps what the user has set, and brings a new stack file with its stack", async () => {
    const { stdout: code } = await command("env.ts");
    const shell = async (script: string): Promise<string> =>
      (
        await promisify(execFile)("sh", ["-c", `${code}${script}`], {
          env: { HOME: process.env.HOME, PATH: process.env.PATH },
        })
      ).stdout;
    await shell("pulumi config set vllm-platform:maxNumSeqs 4 -s ml");
    // A tracked file that is newer than the copy: imitated by forgetting what was copied last.
    await shell(`rm ${JSON.stringify(join(paths.project, ".tracked", "Pulumi.r1.yaml"))}`);
    assert.equal((await shell("pulumi config get vllm-platform:maxNumSeqs -s ml")).trim(), "4");
    await shell("pulumi config rm vllm-platform:maxNumSeqs -s ml");
    await stat(join(paths.project, ".tracked", "Pulumi.r1.yaml"));
  });

  it("Ctrl-C ends it and its children; the next run goes on", async () => {
    await command("stop.ts");
    const run = begin("start.ts", "r1");
    await eventually(60, async () => (run.printed().includes("pulumi up") ? true : undefined));
    run.child.kill("SIGINT");
    const { code, stderr } = await run.ended;
    assert.equal(code, 130);
    assert.match(stderr, /The next `npm start` goes on from here/);
    await nothingLeft();
    await start("r1");
    assert.deepEqual(await served(), [models.r1, "default"]);
  });

  describe("killed at each of its phases, the next run goes on", () => {
    let mode = "r1";
    for (const phase of phases) {
      it(phase.name, async () => {
        // Another mode, and at first a stopped sandbox, so that each phase has something to do.
        mode = mode === "r1" ? "ml" : "r1";
        if (["cluster-parts", "cluster", "world", "daemon"].includes(phase.name)) await command("stop.ts");
        const run = begin("start.ts", mode);
        await eventually(60, async () => (run.printed().includes(`${phase.title}…`) ? true : undefined));
        run.child.kill("SIGKILL");
        await run.ended;
        await nothingLeft();
        await start(mode);
        assert.deepEqual(await served(), [models[mode], "default"]);
      });
    }

    it("in the midst of pulumi's update", async () => {
      mode = mode === "r1" ? "ml" : "r1";
      const run = begin("start.ts", mode);
      const locks = join(paths.state, ".pulumi", "locks", "organization", "vllm-platform", mode);
      const locked = async (): Promise<boolean> =>
        (await readdir(locks)).some((name) => name.endsWith(".json"));
      await eventually(60, async () => ((await locked()) ? true : undefined));
      for (const pid of processesOfThisSandbox()) process.kill(pid, "SIGKILL");
      await run.ended;
      assert.equal(await locked(), true);
      await start(mode);
      assert.deepEqual(await served(), [models[mode], "default"]);
    });
  });

  describe("afterwards", () => {
    it("stop ends everything and says so", async () => {
      const { code, stdout } = await command("stop.ts");
      assert.equal(code, 0);
      assert.match(stdout, /^Stopped .*etcd.*\. Its state is kept; npm start goes on with it\.\n$/);
      assert.deepEqual(await runningProcesses(paths), []);
    });

    it("clean removes a running sandbox and says what and how much", async () => {
      await start("gaming");
      const { code, stdout } = await command("clean.ts");
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`^Removed the sandbox: ${sandbox.dir} \\(\\d+ MB\\)\\.\\n$`));
      await assert.rejects(stat(sandbox.dir));
      assert.deepEqual(processesOfThisSandbox(), []);
      assert.equal((await command("clean.ts")).code, 0);
    });
  });

  /** What a run has started ends with it; only the sandbox itself, which is meant to stay, runs on. */
  async function nothingLeft(): Promise<void> {
    await eventually(30, async () => {
      const meant = new Set((await runningProcesses(paths)).map(({ pid }) => pid));
      const left = processesOfThisSandbox().filter((pid) => !meant.has(pid));
      assert.deepEqual(left, []);
      return true;
    });
  }

  /** Processes whose environment names this sandbox, other than this one. */
  function processesOfThisSandbox(): number[] {
    return readdirSync("/proc").flatMap((entry) => {
      if (!/^\d+$/.test(entry) || Number(entry) === process.pid) return [];
      try {
        const variables = readFileSync(`/proc/${entry}/environ`, "utf8").split("\0");
        return variables.includes(`VLLM_PLATFORM_SANDBOX=${sandbox.dir}`) ? [Number(entry)] : [];
      } catch {
        return [];
      }
    });
  }
});
