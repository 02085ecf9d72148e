// Does NOT prove that vLLM's processes and figures look so, nor what a first process of a container alone may do: lab/real-vllm does.
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { supervised } from "../../../../stacks/manifests/supervisor/index.ts";
import { supervision } from "../../../../stacks/plan/supervision.ts";
import { freePort } from "../../../support/free-port.ts";
import { planTexts, servedModel } from "../support.ts";

const fake = join(import.meta.dirname, "fake-vllm.py");

/** With this the engine's answer is soon given up; elsewhere a busy machine must not be taken for a stuck engine. */
const impatient = { questionSeconds: 0.5 };

/** The product's limits, so much shorter that a test need not wait; none of them is asserted. */
const short = {
  ...{ tickSeconds: 0.05, youngSeconds: 0, selfEndSeconds: 0.2, lookSeconds: 0.1, stallSeconds: 0.5 },
  ...{ idleStallSeconds: 1, questionSeconds: 60, forgottenSeconds: 2, endpointSeconds: 0.1 },
  ...{ drainLookSeconds: 0.05, drainSeconds: 10, endSeconds: 2 },
};

const { server: planned } = planTexts("ml", "", {
  ml: JSON.stringify({ config: { "vllm-platform:model": servedModel } }),
});

interface Counts {
  health: number;
  metrics: number;
  completions: number;
  keys: (string | null)[];
  models: string[];
}

describe("the supervisor of the server", () => {
  const folders: string[] = [];
  const started: ChildProcess[] = [];
  /** Servers by the number of their process group, which outlive a supervisor that is killed. */
  const groups: number[] = [];

  before(function () {
    // The image brings it; a machine that only tests need not have it.
    if (spawnSync("python3", ["--version"]).status !== 0 || !existsSync("/proc/self/stat")) this.skip();
  });

  afterEach(() => {
    for (const child of started.splice(0)) {
      if (child.exitCode === null) child.kill("SIGKILL");
    }
    for (const group of groups.splice(0)) {
      try {
        process.kill(-group, "SIGKILL");
      } catch {} // it has ended
    }
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  /** A supervisor with a command behind it. */
  function supervise(command: string[], limits: object, environment: Record<string, string> = {}) {
    const folder = mkdtempSync(join(tmpdir(), "supervisor-"));
    folders.push(folder);
    const reasonFile = join(folder, "reason");
    const plan = { ...planned, command, supervision: { ...supervision, ...short, reasonFile, ...limits } };
    const [program = "", ...args] = supervised(plan as unknown as typeof planned);
    const env = { ...process.env, PYTHONDONTWRITEBYTECODE: "1", PYTHONUNBUFFERED: "1", ...environment };
    const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    started.push(child);
    const text = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (part: string) => {
        text[name] += part;
      });
    }
    const ended = once(child, "close").then(([code]) => ({
      code: code as number | null,
      lines: text.stderr.split("\n").filter((line) => line.startsWith("vllm-platform: ")),
      reason: existsSync(reasonFile) ? readFileSync(reasonFile, "utf8") : "",
      stdout: text.stdout,
    }));
    return { child, text, ended };
  }

  /** The fake server behind a supervisor, loaded and watched. */
  async function serve({ kind = "spawn", facts = {}, limits = {}, environment = {} } = {}) {
    const port = await freePort();
    const run = supervise(["python3", fake, String(port), kind], { port, ...limits }, environment);
    await until(() => run.text.stdout.includes("\n"));
    const pids = JSON.parse(run.text.stdout.split("\n")[0] ?? "") as Record<
      "server" | "engine" | "other",
      number
    >;
    groups.push(pids.server);
    const ask = (path: string, init?: RequestInit) =>
      fetch(`http://127.0.0.1:${port}${path}`, { ...init, headers: { connection: "close" } });
    const set = (wanted: Record<string, string | number>) =>
      ask(`/set?${new URLSearchParams(wanted as Record<string, string>)}`, { method: "POST" }).catch(
        () => {},
      );
    const counts = async () => (await (await ask("/counts")).json()) as Counts;
    if (Object.keys(facts).length > 0) await set(facts);
    // It has asked /health; in some rounds of its clock it has looked at the processes, too.
    if (!("port" in limits)) await until(async () => (await counts()).health > 0);
    await sleep(400);
    return { ...run, port, pids, set, counts };
  }

  /** A client that waits for an answer, as its connection shows. */
  function client(port: number) {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    return socket;
  }

  it("starts the server with its arguments and lets through what it prints and with which status it fails", async () => {
    const program = "import sys; print(sys.argv[1:]); print('loud', file=sys.stderr); sys.exit(3)";
    const run = supervise(["python3", "-c", program, "--model", "m"], {});
    const { code, stdout, lines, reason } = await run.ended;
    assert.deepEqual([code, stdout, lines, reason], [3, "['--model', 'm']\n", [], ""]);
    assert.equal(run.text.stderr, "loud\n");
  });

  it("names a signal by which the server ended as a shell does", async () => {
    const { code } = await supervise(["python3", "-c", "import os; os.kill(os.getpid(), 9)"], {}).ended;
    assert.equal(code, 137);
  });

  it("says that there is no such program", async () => {
    const { code, lines, reason } = await supervise(["no-such-program"], {}).ended;
    const text = "vllm-platform: the server cannot be started: no-such-program: No such file or directory";
    assert.deepEqual([code, lines, reason], [127, [text], `${text}\n`]);
  });

  it("never takes an end with status 0 for a success that nobody asked for", async () => {
    const { code, reason } = await supervise(["true"], {}).ended;
    assert.equal(code, 93);
    assert.match(reason, /^vllm-platform: the server ended by itself, as it does when its engine has died$/m);
  });

  for (const kind of ["spawn", "fork"]) {
    it(`ends a server whose engine has died, though it answers 200 on /health: ${kind}`, async () => {
      const { pids, ended } = await serve({ kind });
      process.kill(pids.engine, "SIGKILL");
      const { code, lines, reason } = await ended;
      const text = `vllm-platform: the engine has died: its process ${pids.engine} has ended`;
      assert.deepEqual([code, lines, reason], [91, [text], `${text}\n`]);
      assert.equal(isAlive(pids.server), false);
    });
  }

  it("cares for no other program that the server has started", async () => {
    const { pids, child, text } = await serve();
    process.kill(pids.other, "SIGKILL");
    await sleep(300);
    assert.deepEqual([child.exitCode, text.stderr], [null, ""]);
  });

  it("ends a server whose engine makes no step while requests run", async () => {
    const { ended, pids, port } = await serve({ facts: { running: 1, answers: 0 }, limits: impatient });
    client(port);
    const { code, reason } = await ended;
    assert.equal(code, 92);
    assert.match(
      reason,
      /^vllm-platform: the engine is stuck: for \d+ s it has not gone on with any request$/m,
    );
    assert.equal(isAlive(pids.server), false);
  });

  it("ends one that was stuck before anybody came, whose figures tell of no request", async () => {
    const { ended, port } = await serve({ facts: { answers: 0 }, limits: impatient });
    client(port);
    assert.equal((await ended).code, 92);
  });

  it("ends one whose clients give up and come again", async () => {
    const { ended, port } = await serve({ facts: { answers: 0 }, limits: impatient });
    let over = false;
    void ended.then(() => {
      over = true;
    });
    while (!over) {
      const socket = client(port);
      await sleep(200);
      socket.destroy();
      await sleep(400);
    }
    assert.equal((await ended).code, 92);
  });

  it("asks the engine for one token under the name that every mode has, with the key", async () => {
    const { port, counts } = await serve({ environment: { VLLM_API_KEY: "k1" } });
    client(port);
    await until(async () => (await counts()).completions > 0);
    const { keys, models } = await counts();
    assert.deepEqual([keys[0], models[0]], ["Bearer k1", "default"]);
  });

  it("leaves a busy server alone, however long the queue: its figures move, though no answer comes", async () => {
    const { child, text, counts, port } = await serve({
      facts: { running: 16, waiting: 48, steps: "moving", answers: 0 },
    });
    client(port);
    await sleep(1500);
    assert.deepEqual([child.exitCode, text.stderr, (await counts()).completions], [null, "", 0]);
  });

  it("takes a step for an answer, and gives its question up", async () => {
    const { child, set, counts, text, port } = await serve({ facts: { running: 1, answers: 0 } });
    client(port);
    await until(async () => (await counts()).completions > 0);
    await set({ steps: "moving" });
    await sleep(1500);
    assert.deepEqual([child.exitCode, text.stderr, (await counts()).completions], [null, "", 1]);
  });

  it("asks nothing while nobody is connected", async () => {
    const { counts } = await serve();
    const { metrics } = await counts();
    await sleep(1000);
    const after = await counts();
    // The test's own questions may have been met.
    assert.ok(after.metrics <= metrics + 2, `${after.metrics}`);
    assert.equal(after.completions, 0);
  });

  it("lives on where a completion is refused, and says once that it cannot notice a stuck engine", async () => {
    const { port, child, text } = await serve({ facts: { status: 404 } });
    client(port);
    await until(() => text.stderr !== "");
    await sleep(1500);
    assert.equal(child.exitCode, null);
    assert.equal(
      text.stderr,
      "vllm-platform: a stuck engine will not be noticed: a completion is answered with status 404\n",
    );
  });

  it("leaves no word of it as the reason for an end that has another one", async () => {
    const { port, text, set, ended } = await serve({ facts: { status: 404 } });
    client(port);
    await until(() => text.stderr !== "");
    await set({ exit: 7 });
    const { code, lines, reason } = await ended;
    assert.deepEqual([code, lines.length, reason], [7, 1, ""]);
  });

  it("lives on where the server tells no figures, and says so once", async () => {
    const { port, child, text } = await serve({ facts: { steps: "none", answers: 0 }, limits: impatient });
    client(port);
    await until(() => text.stderr !== "");
    await sleep(1500);
    assert.equal(child.exitCode, null);
    assert.equal(
      text.stderr,
      "vllm-platform: a stuck engine will not be noticed: /metrics tells nothing of it, as with --disable-log-stats\n",
    );
  });

  it("ends one that is stuck and refuses further requests", async () => {
    const { ended, port } = await serve({ facts: { running: 1, status: 503 }, limits: impatient });
    client(port);
    assert.equal((await ended).code, 92);
  });

  it("lives on with a fault of its own, said once", async () => {
    const { child, text, port } = await serve({ limits: { stallSeconds: "x" } });
    client(port);
    await until(() => text.stderr !== "");
    await sleep(300);
    assert.equal(child.exitCode, null);
    assert.match(text.stderr, /^vllm-platform: the engine could not be looked at: TypeError: .*\n$/);
  });

  describe("when the pod ends", () => {
    it("ends an idle server by SIGTERM, with the status of a process that SIGTERM ends, so that no evicted pod succeeds, and no word", async () => {
      const { child, ended } = await serve();
      child.kill("SIGTERM");
      const { code, stdout, lines } = await ended;
      assert.deepEqual([code, stdout.split("\n")[1], lines], [143, "asked to end", []]);
    });

    it("serves on, also new requests, until none is left", async () => {
      const { child, ended, set, counts } = await serve({
        facts: { running: 1 },
        limits: { drainSeconds: 30 },
      });
      child.kill("SIGTERM");
      await sleep(500);
      assert.equal((await counts()).completions, 0);
      assert.equal(child.exitCode, null);
      await set({ running: 0 });
      assert.deepEqual([(await ended).code, (await ended).lines], [143, []]);
    });

    it("waits for whoever is connected where the server tells no figures", async () => {
      const { child, ended, port } = await serve({ facts: { steps: "none" }, limits: { drainSeconds: 30 } });
      const socket = client(port);
      child.kill("SIGTERM");
      await sleep(500);
      assert.equal(child.exitCode, null);
      socket.destroy();
      assert.deepEqual([(await ended).code, (await ended).lines], [143, []]);
    });

    it("cuts off what takes longer than the pod has, by SIGKILL, and says so", async () => {
      const { child, ended, pids } = await serve({
        facts: { running: 1, term: 0 },
        limits: { drainSeconds: 1 },
      });
      child.kill("SIGTERM");
      const { code, stdout, lines } = await ended;
      assert.equal(code, 143);
      assert.deepEqual(lines, [
        "vllm-platform: requests were cut off: they had 1 s, from when the pod was to end",
      ]);
      assert.ok(!stdout.includes("asked to end"));
      assert.equal(isAlive(pids.server), false);
    });

    it("kills a server that does not end by SIGTERM", async () => {
      const { child, ended, pids } = await serve({ facts: { term: 0 } });
      child.kill("SIGTERM");
      const { code, stdout } = await ended;
      assert.deepEqual([code, stdout.split("\n")[1]], [143, "asked to end"]);
      assert.equal(isAlive(pids.server), false);
    });

    it("ends a server that is still loading at once", async () => {
      const { child, ended } = await serve({ limits: { port: await freePort(), drainSeconds: 30 } });
      child.kill("SIGTERM");
      const { code, stdout } = await ended;
      assert.deepEqual([code, stdout.split("\n")[1]], [143, "asked to end"]);
    });
  });
});

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(20);
}

function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z");
  } catch {
    return false;
  }
}
