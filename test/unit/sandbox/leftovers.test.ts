// Does NOT prove that kwokctl runs components by links in its folder; the engine tests find real ones.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  daemonArgument,
  daemonName,
  endProcesses,
  recordProcesses,
  runningProcesses,
} from "../../../sandbox/leftovers.ts";
import { identify } from "../../../toolchain/processes.ts";
import { Folder } from "./fixtures.ts";

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
    await run("sh", ["-c", "sleep 60", daemonArgument(folder.paths)]);
    await run("sleep", ["60"]);
    await run("sh", ["-c", "sleep 60", `${daemonArgument(folder.paths)}-of-another-sandbox`]);
    assert.deepEqual(await names(), [daemonName, "etcd"]);
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

  it("are ended also where the folder is gone, which is not made again", async () => {
    const etcd = await component("etcd");
    folder.remove();
    await endProcesses(folder.paths);
    assert.equal(identify(etcd.pid ?? 0), undefined);
    assert.equal(existsSync(folder.dir), false);
  });
});
