// Does not prove that real parts can be had: a small script plays the go tool, and a proxy on loopback refuses every official
// server, or is not there. What an open network gives is in obtain/official.test.ts and test/engine/open-network.test.ts.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { builtFolder, cachedPart, officialFor, ownCache } from "../../../../lab/toolchain/base/cache.ts";
import { officialRelease, thisPlatform } from "../../../../lab/toolchain/base/official.ts";
import { takeFolder } from "../../../../lab/toolchain/base/own-folder.ts";
import {
  ensureToolchain,
  everydayParts,
  findToolchain,
  type PartName,
} from "../../../../lab/toolchain/index.ts";
import { tryLock } from "../../../../system/lock.ts";
import { type Publisher, partNamed, publisher, userError, World } from "./fixtures.ts";

const parts: PartName[] = ["kubectl", "pulumi-resource-random"];
const checksums = {};

describe("ensureToolchain", () => {
  let world: World;
  beforeEach(() => {
    world = new World();
    world.playGo('echo built > "$OUT"');
  });
  afterEach(() => world.remove());

  const builds = () =>
    readFileSync(join(world.folder, "calls"), "utf8")
      .split("\n")
      .filter((call) => call.startsWith("build")).length;

  it("builds what is missing once, also when asked twice at the same time", async () => {
    const { progress } = world;
    assert.equal(findToolchain(parts, checksums), undefined);
    await Promise.all([
      ensureToolchain({ progress, parts, checksums }),
      ensureToolchain({ progress, parts, checksums }),
    ]);
    await ensureToolchain({ progress, parts, checksums });
    assert.equal(builds(), 2);
    assert.deepEqual(world.leftovers(), []);
  });

  it("downloads what the next part needs while one is built", async () => {
    await ensureToolchain({ progress: world.progress, parts, checksums });
    const calls = readFileSync(join(world.folder, "calls"), "utf8").split("\n");
    assert.deepEqual(
      calls.map((call) => call.split(" ")[0]).filter((verb) => verb === "mod"),
      ["mod"],
    );
  });

  it("brings what only some tests need when it is asked for by name, and lays out nothing anew for it", async () => {
    const { progress } = world;
    const names = everydayParts.map(({ name }) => name);
    assert.deepEqual(
      (["traefik", "ollama", "kubectl"] as const).map((name) => names.includes(name)),
      [false, false, true],
    );
    const before = await ensureToolchain({ progress, parts: ["kubectl"], checksums });
    const after = await ensureToolchain({ progress, parts: ["kubectl", "ollama"], checksums });
    assert.equal(readFileSync(after.path("ollama"), "utf8"), "built\n");
    assert.equal(after.bin, before.bin);
  });

  it("lays executables where Pulumi looks for them, and warns of the stand-in", async () => {
    const toolchain = await ensureToolchain({ progress: world.progress, parts, checksums });
    assert.ok(existsSync(toolchain.path("kubectl")));
    assert.ok(existsSync(join(toolchain.bin, "kubectl")));
    assert.ok(existsSync(join(toolchain.plugins, "resource-random-v4.21.2", "pulumi-resource-random")));
    assert.equal(toolchain.warnings.length, 1);
    assert.match(
      toolchain.warnings[0] ?? "",
      /stand-in .* pulumi-resource-random 4\.21\.2: it could not be downloaded/,
    );
    assert.deepEqual(findToolchain(parts, checksums)?.bin, toolchain.bin);
    assert.throws(() => toolchain.path("etcd"), /etcd was not asked for/);
  });

  it("says in one sentence that the cache cannot be where it should", async () => {
    writeFileSync(world.cache, "a file");
    await assert.rejects(
      ensureToolchain({ progress: world.progress, parts, checksums }),
      userError(/cannot be written: a part of that path is a file.*VLLM_PLATFORM_CACHE/),
    );
  });

  it("goes on after a part that failed, and builds only what is missing", async () => {
    const { progress } = world;
    world.playGo('case "$OUT" in *random*) echo bad >&2; exit 1;; *) echo built > "$OUT";; esac');
    await assert.rejects(
      ensureToolchain({ progress, parts, checksums }),
      userError(
        /pulumi-resource-random 4\.21\.2 could not be built: bad.*Not downloaded either: Pulumi, which fetches/,
      ),
    );
    world.playGo('echo built > "$OUT"');
    await ensureToolchain({ progress, parts, checksums });
    assert.equal(builds(), 3);
  });

  it("waits for another process at the same part, says for whom, and takes over when that one is killed", async () => {
    await takeFolder(ownCache());
    const locks = join(world.cache, "locks");
    mkdirSync(locks, { recursive: true });
    const lock = new URL("../../../../system/lock.ts", import.meta.url).href;
    const program = `import { tryLock } from ${JSON.stringify(lock)};
      await tryLock(${JSON.stringify(join(locks, "stand-ins.json"))}, "another clone");
      console.log("locked"); setTimeout(() => {}, 600_000);`;
    const other = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(createInterface({ input: other.stdout }), "line");
    mkdirSync(join(world.cache, "parts", "stand-ins.unfinished-1"), { recursive: true });
    const waited = new Promise<string>((resolve) => {
      world.progress.say = resolve;
    });
    const ensured = ensureToolchain({
      progress: world.progress,
      parts: ["pulumi-resource-random"],
      checksums,
    });
    try {
      const said = await Promise.race([waited, ensured.then(() => "it did not wait")]);
      assert.equal(
        said.replace(/ is bringing .*/, ""),
        `Waiting for stand-ins, which process ${other.pid} (of another clone)`,
      );
    } finally {
      other.kill("SIGKILL");
    }
    await ensured;
    assert.deepEqual(world.leftovers(), []);
  });

  it("leaves Go's caches to another process that is still building and to who wants them kept, and else removes them", async () => {
    const { progress, cache } = world;
    for (const part of everydayParts) {
      mkdirSync(builtFolder(part), { recursive: true });
      writeFileSync(join(builtFolder(part), part.name), "built");
    }
    const modules = join(cache, "go", "modules");
    mkdirSync(modules, { recursive: true });
    mkdirSync(join(cache, "locks"));
    const release = await tryLock(join(cache, "locks", "ollama.json"), "another clone");
    assert.ok(typeof release === "function");
    await ensureToolchain({ progress, parts: ["coredns"], checksums });
    assert.ok(existsSync(modules));
    await release();
    process.env.VLLM_PLATFORM_KEEP_BUILD_CACHE = "yes";
    await ensureToolchain({ progress, parts: ["coredns", "runc"], checksums });
    assert.ok(existsSync(modules));
    process.env.VLLM_PLATFORM_KEEP_BUILD_CACHE = "";
    await ensureToolchain({ progress, parts: ["coredns", "runc", "actionlint"], checksums });
    assert.ok(!existsSync(modules));
  });

  describe("where a sum is committed and the servers are out of reach", () => {
    const platform = thisPlatform() ?? assert.fail("no parts are published for this platform");
    const urls = (name: PartName) => officialRelease(name, platform)?.files.map(({ url }) => url) ?? [];
    const withSums = Object.fromEntries(
      ["kubectl", "kube-scheduler", "kwok", "pulumi-resource-random"].flatMap((name) =>
        urls(name as PartName).map((url) => [url, "0".repeat(64)]),
      ),
    );
    let proxy: Publisher;
    beforeEach(async () => {
      proxy = await publisher((_, answer) => answer.writeHead(403).end());
      process.env.HTTPS_PROXY = proxy.url;
    });
    afterEach(() => proxy.close());

    it("builds instead, says why, and asks each host once", async () => {
      const { progress, said } = world;
      world.playGo('for name in kubectl kube-scheduler; do echo built > "$OUT/$name"; done');
      await ensureToolchain({ progress, parts: ["kubectl", "kube-scheduler"], checksums: withSums });
      assert.deepEqual(
        said.map((line) => line.replace(/: .*/, "")),
        [
          "download kube-scheduler",
          "kube-scheduler cannot be downloaded, so it is built",
          "build kube-scheduler, kubectl 1.37.2",
        ],
      );
      assert.deepEqual(proxy.asked, ["CONNECT dl.k8s.io:443"]);
    });

    it("says both reasons where there is no Go either", async () => {
      process.env.PATH = "/nonexistent";
      await assert.rejects(
        ensureToolchain({ progress: world.progress, parts: ["kubectl"], checksums: withSums }),
        userError(/no Go on this machine.*Not downloaded either: .*dl\.k8s\.io/),
      );
    });

    it("goes on with a stand-in in a cache that cannot be written", async () => {
      const standIn = partNamed("pulumi-resource-random");
      mkdirSync(builtFolder(standIn), { recursive: true });
      writeFileSync(join(builtFolder(standIn), standIn.name), "stand-in");
      // Root may write anywhere, but not through a link that leads nowhere.
      symlinkSync("/nonexistent/file", join(world.cache, "official-plugins-tried"));
      const { progress } = world;
      const toolchain = await ensureToolchain({ progress, parts: [standIn.name], checksums: withSums });
      assert.equal(toolchain.warnings.length, 1);
      assert.deepEqual(proxy.asked, []);
    });

    it("tries an official plugin in place of a stand-in once a day, and goes on with the stand-in", async () => {
      const { progress } = world;
      const standIn = partNamed("pulumi-resource-random");
      mkdirSync(builtFolder(standIn), { recursive: true });
      writeFileSync(join(builtFolder(standIn), standIn.name), "stand-in");
      const ensure = () => ensureToolchain({ progress, parts: [standIn.name], checksums: withSums });
      assert.match(
        (await ensure()).warnings[0] ?? "",
        /could not be downloaded and is tried again once a day/,
      );
      await ensure();
      assert.deepEqual(proxy.asked, ["CONNECT api.pulumi.com:443"]);
      const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000);
      utimesSync(join(world.cache, "official-plugins-tried"), yesterday, yesterday);
      await ensure();
      assert.equal(proxy.asked.length, 2);
      assert.equal(cachedPart(standIn, withSums)?.origin, "stand-in");
      const official = officialFor(standIn, withSums) ?? assert.fail("no official release");
      mkdirSync(official.folder, { recursive: true });
      writeFileSync(join(official.folder, standIn.name), "official");
      const toolchain = await ensure();
      assert.deepEqual(toolchain.warnings, []);
      const plugin = join(toolchain.plugins, "resource-random-v4.21.2", standIn.name);
      assert.equal(readFileSync(plugin, "utf8"), "official");
    });
  });
});
