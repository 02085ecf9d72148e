// Does not prove what the publishers' servers answer: a server on loopback speaks their addresses, and a script plays pulumi.
import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { builtFolder, cachedPart } from "../../../../../lab/toolchain/base/cache.ts";
import { officialRelease, thisPlatform } from "../../../../../lab/toolchain/base/official.ts";
import type { PartName } from "../../../../../lab/toolchain/base/parts.ts";
import { fetchOfficial, Network } from "../../../../../lab/toolchain/obtain/official.ts";
import { type Publisher, partNamed, publisher, publisherOf, sha256, userError, World } from "../fixtures.ts";

describe("an official release whose sum is not committed", () => {
  const platform = thisPlatform() ?? assert.fail("no parts are published for this platform");
  const fileOf = (name: PartName) => officialRelease(name, platform)?.files[0] ?? assert.fail(name);
  let world: World;
  let server: Publisher;
  let answers: Record<string, string>;
  let network: Network;
  beforeEach(async () => {
    world = new World();
    network = new Network();
    answers = {};
    server = await publisherOf(answers);
  });
  afterEach(async () => {
    await server.close();
    world.remove();
  });

  /** `https://dl.k8s.io/a` → `/dl.k8s.io/a` of the server. */
  const place = (url: string): string => `/${url.replace("https://", "")}`;
  const fetch = (name: PartName) =>
    fetchOfficial(partNamed(name), { checksums: {}, network, instead: (url) => server.url + place(url) });
  const publish = (url: string, text: string): void => {
    answers[place(url)] = text;
  };

  it("is taken by its publisher's sum, and what that was is kept", async () => {
    const { url, published } = fileOf("kubectl");
    assert.ok(published.kind === "bare");
    publish(url, "the official kubectl");
    publish(published.url, `${sha256("the official kubectl")}\n`);
    assert.equal(await fetch("kubectl"), undefined);
    const cached = cachedPart(partNamed("kubectl"), {}) ?? assert.fail("not in the cache");
    assert.equal(readFileSync(join(cached.folder, "kubectl"), "utf8"), "the official kubectl");
    assert.equal(cached.origin, "official download");
    assert.equal(cached.checkedBy, `its publisher's sum (${published.url})`);
  });

  it("ends the run where the file has another sum", async () => {
    const { url, published } = fileOf("kubectl");
    assert.ok(published.kind === "bare");
    publish(url, "something else");
    publish(published.url, `${sha256("the official kubectl")}\n`);
    await assert.rejects(fetch("kubectl"), userError(/and [0-9a-f]{64} is what its publisher says: nothing/));
    assert.equal(cachedPart(partNamed("kubectl"), {}), undefined);
    assert.deepEqual(world.leftovers(), []);
  });

  it("is not taken without a sum, which says nothing of other files there", async () => {
    publish(fileOf("kubectl").url, "the official kubectl");
    assert.match((await fetch("kubectl")) ?? "", /answered 404$/);
    assert.equal(network.refusal("dl.k8s.io"), undefined);
    assert.match(
      (await fetch("traefik-crds")) ?? "",
      /no sum is published for it, so it is taken from its Go module/,
    );
  });

  it("is not taken where what its publisher says of it breaks off, or is something else", async () => {
    const cut = await publisher((_, answer) => {
      answer.writeHead(200, { "content-length": 64 }).write("0123", () => answer.destroy());
    });
    const instead = (url: string): string => cut.url + place(url);
    const { published } = fileOf("kubectl");
    assert.ok(published.kind === "bare");
    assert.match(
      (await fetchOfficial(partNamed("kubectl"), { checksums: {}, network, instead })) ?? "",
      /^dl\.k8s\.io stopped in the middle of the file: /,
    );
    await cut.close();
    const inRelease = fileOf("kwokctl");
    assert.ok(inRelease.published.kind === "release");
    publish(inRelease.published.url, "<html>log in first</html>");
    assert.match((await fetch("kwokctl")) ?? "", /gives no SHA-256 sum for it$/);
  });

  it("is not asked for again at a host that refused", async () => {
    const proxy = await publisher((_, answer) => answer.writeHead(403).end());
    const instead = (url: string): string => proxy.url + place(url);
    assert.match(
      (await fetchOfficial(partNamed("kubectl"), { checksums: {}, network, instead })) ?? "",
      /answered 403$/,
    );
    await fetchOfficial(partNamed("kube-scheduler"), { checksums: {}, network, instead });
    await proxy.close();
    assert.equal(proxy.asked.length, 1);
  });

  describe("of a plugin", () => {
    const plugin = "pulumi-resource-random";

    /** A pulumi that notes its arguments, and then does this with $PULUMI_HOME. */
    function playPulumi(lines: string): void {
      const folder = builtFolder(partNamed("pulumi"));
      mkdirSync(folder, { recursive: true });
      writeFileSync(
        join(folder, "pulumi"),
        `#!/bin/sh\nexport PATH=/usr/bin:/bin\necho "$*" > ${world.folder}/arguments\n${lines}\n`,
      );
      chmodSync(join(folder, "pulumi"), 0o755);
    }

    it("is fetched by pulumi itself", async () => {
      playPulumi(
        'd="$PULUMI_HOME/plugins/resource-random-v4.21.2"; mkdir -p "$d"; echo real > "$d/pulumi-resource-random"',
      );
      publish(fileOf(plugin).url, "an archive");
      assert.equal(await fetch(plugin), undefined);
      const cached = cachedPart(partNamed(plugin), {}) ?? assert.fail("not in the cache");
      assert.deepEqual(
        [cached.origin, cached.checkedBy],
        ["official download", "pulumi plugin install, from api.pulumi.com"],
      );
      assert.equal(readFileSync(join(cached.folder, plugin), "utf8"), "real\n");
      assert.equal(existsSync(join(cached.folder, "home")), false);
      const { pathname } = new URL(".", fileOf(plugin).url);
      assert.equal(
        readFileSync(join(world.folder, "arguments"), "utf8"),
        `plugin install resource random 4.21.2 --server ${server.url}/api.pulumi.com${pathname.replace(/\/$/, "")}\n`,
      );
    });

    it("is refused in pulumi's words, and leaves nothing", async () => {
      playPulumi("echo 'error: no such plugin' >&2; exit 1");
      publish(fileOf(plugin).url, "an archive");
      assert.equal(await fetch(plugin), "pulumi plugin install said: error: no such plugin");
      assert.deepEqual(world.leftovers(), []);
    });

    it("waits neither for a pulumi that is not there nor, with it, for a server that is not", async () => {
      assert.equal(await fetch(plugin), "Pulumi, which fetches its plugins, is not there yet");
      playPulumi("exit 1");
      assert.match((await fetch(plugin)) ?? "", /answered 404$/);
      assert.equal(existsSync(join(world.folder, "arguments")), false);
    });
  });
});
