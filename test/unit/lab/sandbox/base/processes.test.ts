// Does NOT prove that kwokctl runs components by links in its folder; the engine tests find real ones.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  daemonArgument,
  daemonName,
  endLeftPlugins,
  endProcesses,
  recordProcesses,
  runningProcesses,
} from "../../../../../lab/sandbox/base/processes.ts";
import { identify } from "../../../../../system/processes.ts";
import { Folder } from "../fixtures.ts";

/** Empty for one that has ended since it was listed. */
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
  } catch {
    return "";
  }
}

function childrenOf(...parents: readonly ChildProcess[]): number[] {
  return parents.flatMap(({ pid }) =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number),
  );
}

describe("the sandbox's processes", () => {
  let folder: Folder;
  const children: ChildProcess[] = [];
  beforeEach(() => {
    folder = new Folder();
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    folder.remove();
  });

  async function run(command: string, args: readonly string[]): Promise<ChildProcess> {
    const child = spawn(command, args, { stdio: "ignore" });
    children.push(child);
    await once(child, "spawn");
    return child;
  }

  /** A process whose executable lies where kwokctl links the components' ones. */
  function component(name: string): Promise<ChildProcess> {
    const bin = join(folder.paths.clusterDir, "bin");
    mkdirSync(bin, { recursive: true });
    copyFileSync("/bin/sleep", join(bin, name));
    return run(join(bin, name), ["60"]);
  }

  const names = async () => (await runningProcesses(folder.paths)).map(({ name }) => name).sort();

  it("are found by their executable's folder or by the daemon's argument, though nobody has noted them", async () => {
    await component("etcd");
    // No shell: until its child has become another program, there are two with these arguments.
    const waiting = (argument: string) =>
      run(process.execPath, ["-e", "setTimeout(() => {}, 60_000)", "--", argument]);
    await waiting(daemonArgument(folder.paths));
    await run("sleep", ["60"]);
    await waiting(`${daemonArgument(folder.paths)}-of-another-sandbox`);
    assert.deepEqual(await names(), [daemonName, "etcd"]);
  });

  it("are found of Pulumi's plugins where their pulumi is gone, and are ended; a living one's are left alone", async () => {
    const plugin = join(folder.paths.pulumiHome, "plugins", "resource-x-v1.0.0", "pulumi-resource-x");
    mkdirSync(dirname(plugin), { recursive: true });
    copyFileSync("/bin/sleep", plugin);
    // A parent that is called as pulumi is, and one that is not.
    const pulumi = join(folder.dir, "pulumi");
    copyFileSync("/bin/sh", pulumi);
    const living = await run(pulumi, ["-c", `${plugin} 60; true`]);
    const killed = await run("sh", ["-c", `${plugin} 61; true`]);
    const found = async () =>
      (await runningProcesses(folder.paths)).map(({ pid }) => commandOf(pid)).filter(Boolean);
    // A shell's child is one more shell until it has become the plugin.
    const plugins = () => childrenOf(living, killed).filter((pid) => commandOf(pid).startsWith(plugin));
    while (plugins().length < 2) await sleep(10);
    assert.deepEqual(await found(), [`${plugin} 61`]);
    await endLeftPlugins(folder.paths);
    assert.deepEqual(await found(), []);
    assert.deepEqual(childrenOf(living).map(commandOf), [`${plugin} 60`]);
    living.kill("SIGKILL");
    await once(living, "exit");
    assert.deepEqual(await found(), [`${plugin} 60`]);
    await endProcesses(folder.paths);
    assert.deepEqual(await found(), []);
  });

  it("are found by their noted id and start, though their folder has been moved", async () => {
    const moved = await run("sleep", ["60"]);
    const pid = moved.pid ?? 0;
    const noted = [
      { name: "etcd", pid, identity: identify(pid) },
      { name: "kwok", pid: process.pid, identity: "of another time" },
    ];
    writeFileSync(folder.paths.processes, JSON.stringify(noted));
    assert.deepEqual(await runningProcesses(folder.paths), noted.slice(0, 1));
    await recordProcesses(folder.paths);
    assert.deepEqual(JSON.parse(readFileSync(folder.paths.processes, "utf8")), noted.slice(0, 1));
  });

  it("are ended, those that were asked for, and nothing else", async () => {
    const [etcd, kwok, foreign] = [
      await component("etcd"),
      await component("kwok"),
      await run("sleep", ["60"]),
    ];
    assert.deepEqual(
      (await endProcesses(folder.paths, ["kwok"])).map(({ name }) => name),
      ["kwok"],
    );
    assert.equal(identify(kwok.pid ?? 0), undefined);
    assert.deepEqual(await names(), ["etcd"]);
    await endProcesses(folder.paths);
    assert.equal(identify(etcd.pid ?? 0), undefined);
    assert.deepEqual(await names(), []);
    assert.notEqual(identify(foreign.pid ?? 0), undefined);
  });

  for (const [how, signal] of [
    ["politely", "SIGTERM"],
    ["by force", "SIGKILL"],
  ] as const) {
    it(`are ended ${how}, as is asked for`, async () => {
      const ended = once(await component("etcd"), "exit");
      await endProcesses(folder.paths, undefined, how);
      assert.deepEqual(await ended, [null, signal]);
    });
  }

  it("are ended also where the folder is gone, which is not made again", async () => {
    const etcd = await component("etcd");
    folder.remove();
    await endProcesses(folder.paths);
    assert.equal(identify(etcd.pid ?? 0), undefined);
    assert.equal(existsSync(folder.dir), false);
  });
});
