// Does NOT prove anything of changes that are not committed, of empty caches (the toolchain is in its cache already,
// npm's packages may be), nor that the whole `npm test` passes from Node 22: that would run this test in itself, so
// its first part stands for it. Does not prove that Node 22 installs the packages, which are those that the older one
// has installed, nor anything of platforms other than Linux.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { Newcomer, nodeFolder, nodePackage } from "../../lab/bench/runs/newcomer.ts";
import { projectRoot, sandboxPaths } from "../../lab/sandbox/base/paths.ts";
import { runningProcesses } from "../../lab/sandbox/base/processes.ts";
import { type Finished, finish } from "../../system/processes.ts";

/** The oldest one that the README promises, and a Node 22 that cannot yet run TypeScript files by itself. */
const versions = { first: "20.19.0", second: "22.12.0" };

describe("two fresh clones, begun with older Node.js", function () {
  this.timeout(400_000);
  let newcomer: Newcomer;
  const clones = { first: "", second: "" };
  const folders = { first: "", second: "" };

  before(async function () {
    const why =
      nodePackage === undefined
        ? `no Node.js packages for ${process.platform} are used here`
        : existsSync(join(projectRoot, ".git"))
          ? undefined
          : "this is not a git checkout, so there is nothing to clone";
    if (why !== undefined) {
      console.log(`      (${why})`);
      this.skip();
    }
    newcomer = await Newcomer.arrive();
    for (const which of ["first", "second"] as const) {
      folders[which] = await nodeFolder(versions[which]);
      clones[which] = await newcomer.clone(which);
    }
  });

  after(async () => {
    for (const clone of Object.values(clones).filter((made) => made !== "")) {
      if (existsSync(join(clone, ".sandbox"))) await run("first", clone, "npm", "run", "clean");
    }
    await newcomer?.leave();
  });

  function run(
    which: "first" | "second",
    cwd: string,
    command: string,
    ...args: string[]
  ): Promise<Finished> {
    return finish(command, args, { cwd, env: newcomer.environment({}, folders[which]) });
  }
  const inClone = (which: "first" | "second", command: string, ...args: string[]): Promise<Finished> =>
    run(which, clones[which], command, ...args);

  function succeeded(ended: Finished): string {
    assert.equal(ended.status, 0, `${ended.stdout}\n${ended.stderr}`);
    return ended.stdout;
  }

  const urls = { first: "", second: "" };
  const urlIn = (stdout: string): string =>
    /^URL: (http:\/\/127\.0\.0\.1:\d+) /m.exec(stdout)?.[1] ?? assert.fail(`no URL in ${stdout}`);
  const models = async (url: string): Promise<number> => (await fetch(`${url}/v1/models`)).status;

  for (const which of ["first", "second"] as const) {
    it(`the ${which} one really begins with Node.js ${versions[which]}`, async () => {
      assert.equal(succeeded(await inClone(which, "node", "--version")).trim(), `v${versions[which]}`);
      // npm is a program for Node.js itself; this is the one that it runs on.
      const script = await inClone(which, "npm", "exec", "-c", "node --version");
      assert.equal(succeeded(script).trim(), `v${versions[which]}`);
    });
  }

  it("npm start works in the first one, from the toolchain that is there", async () => {
    const stdout = succeeded(await inClone("first", "npm", "start"));
    urls.first = urlIn(stdout);
    assert.doesNotMatch(stdout, /^(build|download) /m);
    assert.equal(await models(urls.first), 200);
  });

  it("npm test works in the second one, as far as type check and lint go", async () => {
    // A second installation would be a quarter of this file's work, and do the same.
    await symlink(join(clones.first, "node_modules"), join(clones.second, "node_modules"));
    const stdout = succeeded(await inClone("second", "npm", "test", "--", "check"));
    assert.match(stdout, /^3 passed, 0 failed, 0 skipped$/m);
  });

  it("each has a sandbox of its own", async () => {
    urls.second = urlIn(succeeded(await inClone("second", "npm", "start", "--", "gaming")));
    assert.notEqual(urls.second, urls.first);
    assert.equal(await models(urls.second), 503);
    assert.equal(await models(urls.first), 200);
  });

  it("neither has changed a tracked file, left an untracked one, or written into the home folder", async () => {
    for (const which of ["first", "second"] as const) {
      assert.equal(succeeded(await inClone(which, "git", "status", "--porcelain")), "");
    }
    assert.deepEqual(await readdir(newcomer.home), []);
  });

  it("clean removes the sandbox of one, and leaves the other alone", async () => {
    const paths = sandboxPaths(join(clones.first, ".sandbox"));
    assert.notDeepEqual(await runningProcesses(paths), []);
    assert.match(succeeded(await inClone("first", "npm", "run", "clean")), /^Removed the sandbox: /m);
    assert.equal(existsSync(paths.dir), false);
    assert.deepEqual(await runningProcesses(paths), []);
    assert.equal(await models(urls.second), 503);
    assert.match(succeeded(await inClone("second", "npm", "run", "stop")), /^Stopped .*etcd/m);
  });
});
