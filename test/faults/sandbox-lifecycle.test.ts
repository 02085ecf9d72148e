// Does NOT prove anything of a machine without /proc, nor of a reboot itself: that is imitated by foreign process ids.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { componentNames } from "../../lab/sandbox/base/cluster-config.ts";
import { sandboxPaths } from "../../lab/sandbox/base/paths.ts";
import { isFree, type Ports } from "../../lab/sandbox/base/ports.ts";
import { runningProcesses } from "../../lab/sandbox/base/processes.ts";
import { startCluster } from "../../lab/sandbox/cluster/index.ts";
import { installedToolchain, type Sandbox } from "../../lab/sandbox/index.ts";
import { marker } from "../../lab/toolchain/base/own-folder.ts";
import { Commands } from "../support/commands.ts";
import { listed } from "../support/live.ts";
import { eventually, freshSandbox, kubectlOn, silentProgress } from "../support/sandbox.ts";
import { fillFromTemplate } from "../support/template.ts";

const everything = [...componentNames, "daemon"].sort();

describe("sandbox life cycle", function () {
  this.timeout(120_000);
  let sandbox: Sandbox;

  const start = (one: Sandbox = sandbox): Promise<void> => one.start({ progress: silentProgress });
  const processes = (one: Sandbox = sandbox) => runningProcesses(sandboxPaths(one.dir));
  const names = async (one: Sandbox = sandbox): Promise<string[]> =>
    (await processes(one)).map(({ name }) => name).sort();
  const ports = async (one: Sandbox = sandbox): Promise<Ports> =>
    JSON.parse(await readFile(sandboxPaths(one.dir).ports, "utf8")) as Ports;
  const remember = (value: string): Promise<string> =>
    kubectlOn(sandbox, ["create", "configmap", value, "-n", "default", "--from-literal=a=b"]);
  const remembers = (value: string): Promise<string> =>
    kubectlOn(sandbox, ["get", "configmap", value, "-n", "default"]);

  /** What each node says of itself, the GPU node first. */
  const readiness = (): Promise<string> =>
    kubectlOn(sandbox, [
      ...["get", "nodes", "-o"],
      `jsonpath={range .items[*]}{.status.conditions[?(@.type=="Ready")].status} {end}`,
    ]);

  before(async () => {
    sandbox = await freshSandbox();
    await start();
    assert.equal(await readiness(), "True True ", "a start has ended before the nodes were ready");
  });

  after(() => sandbox.remove());

  it("runs each component once, and listens on 127.0.0.1 only", async function () {
    if (process.platform !== "linux") this.skip();
    assert.deepEqual(await names(), everything);
    const listening = (await processes()).flatMap(({ name, pid }) =>
      listeners(pid).map((address) => `${name} ${address}`),
    );
    // The stub server listens only while a pod is ready, and a kubelet only on a real node.
    const { stub: _, kubelet: __, ...expected } = await ports();
    assert.deepEqual(
      listening.map((one) => Number(one.split(":").at(-1))).sort(),
      Object.values(expected).sort(),
      listening.join(", "),
    );
    assert.deepEqual(
      listening.filter((one) => !one.includes(" 127.0.0.1:")),
      [],
    );
  });

  it("a second start changes nothing", async () => {
    const before = await processes();
    await start();
    assert.deepEqual(await processes(), before);
    await remember("kept");
  });

  // Of the components, the state, the API and the nodes' leases; those without a state of their own count in the same way.
  for (const name of ["daemon", "etcd", "kube-apiserver", "kwok-controller"]) {
    it(`start fixes a sandbox whose ${name} was killed`, async () => {
      const victim = (await processes()).find((one) => one.name === name);
      assert.ok(victim, `${name} is not running`);
      process.kill(victim.pid, "SIGKILL");
      await eventually(10, async () => ((await names()).includes(name) ? undefined : true));
      await start();
      assert.deepEqual(await names(), everything);
      await remembers("kept");
      assert.equal((await fetch(`${sandbox.url}/health`)).status, 503);
    });
  }

  it("start fixes a sandbox all of whose processes were killed at once", async () => {
    for (const { pid } of await processes()) process.kill(pid, "SIGKILL");
    await start();
    assert.deepEqual(await names(), everything);
    await remembers("kept");
  });

  /** Which kwok holds each node's lease; a lease that nobody renews is valid for 40 s. */
  async function holders(): Promise<string[]> {
    const leases = await listed(sandbox, ["leases"], { namespace: "kube-node-lease" });
    const held = leases
      .map(({ spec }) => String(spec?.holderIdentity ?? ""))
      .filter((holder) => holder !== "");
    assert.equal(held.length, 2);
    return held;
  }

  describe("a start hands the nodes to the new kwok at once", () => {
    let before: string[];
    beforeEach(async () => {
      before = await eventually(15, holders);
      await sandbox.stop();
    });

    async function startHandsOver(): Promise<void> {
      await start();
      await eventually(15, async () => {
        const now = await holders();
        return now.some((holder) => before.includes(holder)) ? undefined : true;
      });
      const metadata = { name: "soon", namespace: "default" };
      const pod = {
        apiVersion: "v1",
        kind: "Pod",
        metadata,
        spec: { containers: [{ name: "a", image: "a" }] },
      };
      await kubectlOn(sandbox, ["apply", "-f", "-"], JSON.stringify(pod));
      await kubectlOn(sandbox, [
        "wait",
        "--for=condition=Ready",
        "pod/soon",
        "-n",
        "default",
        "--timeout=15s",
      ]);
      await kubectlOn(sandbox, ["delete", "pod", "soon", "-n", "default"]);
    }

    it("after a stop, which ends every process and keeps the state; it goes on at the same addresses", async () => {
      assert.deepEqual(await processes(), []);
      const before = await ports();
      await startHandsOver();
      assert.deepEqual(await ports(), before);
      await remembers("kept");
    });

    it("after a start that was cut off when the cluster's processes had been started", async () => {
      await startCluster(sandboxPaths(sandbox.dir), installedToolchain());
      await startHandsOver();
    });

    it("after a start that was cut off while it handed the nodes over", async () => {
      await startCluster(sandboxPaths(sandbox.dir), installedToolchain());
      await kubectlOn(sandbox, ["label", "nodes", "--all", "type-"]);
      await startHandsOver();
    });
  });

  describe("a start after a stop, where meanwhile others have taken ports and a process id, and the GPU node is off", () => {
    const taken = ["kubeApiserver", "etcd", "url"] as const;
    let foreign: ChildProcess;
    let others: { close(): void }[] = [];
    let recordedPorts: Ports;

    before(async () => {
      foreign = spawn("sleep", ["900"]);
      recordedPorts = await ports();
      await sandbox.setGpuNodePower("off");
      await sandbox.stop();
      const recorded = [{ name: "etcd", pid: foreign.pid, identity: "of another time" }];
      await writeFile(sandboxPaths(sandbox.dir).processes, JSON.stringify(recorded));
      assert.deepEqual(await processes(), []);
      // A process that has ended may hold its ports for a moment more.
      for (const name of taken)
        await eventually(20, async () => (await isFree(recordedPorts[name])) || undefined);
      others = await Promise.all(taken.map((name) => occupy(recordedPorts[name])));
      await start();
    });

    after(() => {
      for (const other of others) other.close();
      foreign.kill();
    });

    it("leaves the node off, and does not wait for it", async () => {
      assert.equal(await readiness(), "Unknown True ");
      await sandbox.setGpuNodePower("on");
      // As long as a start itself waits for its nodes: kwok has just begun, and three test files share the machine.
      await eventually(60, async () => ((await readiness()) === "True True " ? true : undefined));
    });

    it("takes other ports", async () => {
      const now = await ports();
      for (const name of taken) assert.notEqual(now[name], recordedPorts[name]);
      await remembers("kept");
      assert.equal((await fetch(`${sandbox.url}/health`)).status, 503);
    });

    it("and the stop after it find processes that were never recorded, and never touch the foreign one", async () => {
      const running = await processes();
      await rm(sandboxPaths(sandbox.dir).processes);
      assert.deepEqual(
        (await processes()).map(({ pid }) => pid).sort(),
        running.map(({ pid }) => pid).sort(),
      );
      await sandbox.stop();
      for (const { pid } of running) await assert.rejects(stat(`/proc/${pid}/exe`));
      assert.equal(foreign.exitCode, null);
      assert.equal(foreign.signalCode, null);
    });
  });

  describe("two sandboxes that are started at once", () => {
    it("run side by side; one that an earlier version made is removed, but for things of others, and the other stays", async () => {
      const other = await freshSandbox();
      await fillFromTemplate(other.dir);
      try {
        await Promise.all([start(), start(other)]);
        const all = [...Object.values(await ports()), ...Object.values(await ports(other))];
        assert.equal(new Set(all).size, all.length);
        await kubectlOn(other, ["create", "configmap", "only-here", "-n", "default"]);
        await assert.rejects(remembers("only-here"));

        const commands = new Commands(sandboxPaths(other.dir));
        await rm(join(other.dir, marker));
        await writeFile(join(other.dir, "mine"), "");
        const refused = await commands.run("clean.ts");
        assert.equal(refused.code, 1);
        assert.match(refused.stderr, /is not removed: it holds other things \(mine\)/);
        assert.deepEqual(await names(other), everything);
        await rm(join(other.dir, "mine"));
        const removed = await commands.run("clean.ts");
        assert.equal(removed.code, 0, removed.stderr);
        await assert.rejects(stat(other.dir));
        assert.deepEqual(await names(other), []);
        assert.deepEqual(await names(), everything);
      } finally {
        await other.remove();
      }
    });
  });
});

function occupy(port: number): Promise<{ close(): void }> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port }, () => resolve(server));
  });
}

/** The TCP addresses that a process listens on, from /proc. */
function listeners(pid: number): string[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    }),
  );
  return ["tcp", "tcp6"].flatMap((family) =>
    readFileSync(`/proc/net/${family}`, "utf8")
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .filter((columns) => columns[3] === "0A" && inodes.has(columns[9] ?? ""))
      .map((columns) => (family === "tcp6" ? `[v6] ${columns[1]}` : ipv4(columns[1] ?? ""))),
  );
}

function ipv4(hex: string): string {
  const [address = "", port = ""] = hex.split(":");
  const bytes = address.match(/../g)?.reverse() ?? [];
  return `${bytes.map((byte) => Number.parseInt(byte, 16)).join(".")}:${Number.parseInt(port, 16)}`;
}
