// Does NOT prove that no other file is written; an engine test looks at `git status` afterwards.
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, realpathSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import {
  defaultSandboxDir,
  makeFolders,
  projectRoot,
  sandboxPaths,
} from "../../../../lab/sandbox/base/paths.ts";
import { marker } from "../../../../lab/toolchain/base/own-folder.ts";
import { readJson, writeJson } from "../../../../system/json-file.ts";
import { Folder } from "./fixtures.ts";

describe("the sandbox's files", () => {
  let folder: Folder;
  beforeEach(() => {
    folder = new Folder();
  });
  afterEach(() => folder.remove());

  it("lie in the clone, or where the environment says", () => {
    assert.equal(defaultSandboxDir({}), join(projectRoot, ".sandbox"));
    assert.equal(defaultSandboxDir({ VLLM_PLATFORM_SANDBOX: "" }), join(projectRoot, ".sandbox"));
    assert.equal(defaultSandboxDir({ VLLM_PLATFORM_SANDBOX: "/elsewhere/x" }), "/elsewhere/x");
  });

  it("all lie in one folder", () => {
    for (const [name, path] of Object.entries(folder.paths)) {
      assert.ok(path === folder.dir || path.startsWith(`${folder.dir}/`), `${name}: ${path}`);
    }
  });

  it("have one name, however the folder is spelled, also before it exists", () => {
    const real = join(folder.dir, "real");
    mkdirSync(real);
    symlinkSync(real, join(folder.dir, "link"));
    for (const below of ["", "/not/yet"]) {
      assert.equal(sandboxPaths(join(folder.dir, `link${below}`)).dir, realpathSync(real) + below);
    }
  });

  it("are for their user's eyes only", async () => {
    const paths = sandboxPaths(join(folder.dir, "new"));
    await makeFolders(paths);
    await writeJson(paths.ports, { etcd: 1 });
    for (const path of [paths.dir, paths.state, paths.pulumiHome, paths.ports]) {
      assert.equal(statSync(path).mode & 0o077, 0, path);
    }
  });

  it("are not put beside what is somebody else's", async () => {
    const paths = sandboxPaths(join(folder.dir, "lab"));
    mkdirSync(paths.dir);
    writeFileSync(join(paths.dir, "mine"), "");
    await assert.rejects(makeFolders(paths), {
      message: `${paths.dir} is not taken for the sandbox, as it holds other things (mine): name a new or an empty folder in VLLM_PLATFORM_SANDBOX.`,
    });
    assert.deepEqual(readdirSync(paths.dir), ["mine"]);
  });

  it("are all known by name, so that a folder from before the marker is known for a sandbox", async () => {
    const paths = sandboxPaths(join(folder.dir, "old"));
    await makeFolders(paths);
    await rm(join(paths.dir, marker));
    await writeJson(paths.ports, {});
    writeFileSync(`${paths.ports}.4711.tmp`, "");
    await makeFolders(paths);
    assert.ok(readdirSync(paths.dir).includes(marker));
  });

  it("are read as they were written; half of one counts as none", async () => {
    const file = join(folder.dir, "one.json");
    assert.equal(await readJson(file), undefined);
    await writeJson(file, { a: [1] });
    assert.deepEqual(await readJson(file), { a: [1] });
    writeFileSync(file, '{"a": [');
    assert.equal(await readJson(file), undefined);
    assert.deepEqual(readdirSync(folder.dir), ["one.json"]);
  });
});
