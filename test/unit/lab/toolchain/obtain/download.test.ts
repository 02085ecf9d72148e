// Does not prove that any official server is reachable or what it serves: a server on loopback plays its part.
import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { create } from "tar";
import { explainDisk } from "../../../../../lab/toolchain/base/disk.ts";
import type { OfficialFile } from "../../../../../lab/toolchain/base/official.ts";
import { downloadPart, downloadsFolder } from "../../../../../lab/toolchain/obtain/download.ts";
import { Refused } from "../../../../../lab/toolchain/obtain/http.ts";
import { type Publisher, publisher, sha256, userError, World } from "../fixtures.ts";

describe("downloading a part", () => {
  const content = "the official file";
  let world: World;
  let server: Publisher;
  let folder: string;
  beforeEach(() => {
    world = new World();
    folder = join(world.cache, "parts", "kubectl-1.0.0-official-x");
  });
  afterEach(async () => {
    await server.close().catch(() => undefined);
    world.remove();
  });

  const file = (take: OfficialFile["take"] = "kubectl"): OfficialFile => ({
    url: `${server.url}/kubectl`,
    take,
    published: { kind: "bare", url: `${server.url}/kubectl.sha256` },
  });
  const download = (sum = sha256(content), take?: OfficialFile["take"]) =>
    downloadPart({ folder, files: [file(take)], sums: [sum], word: "is committed" });

  function refused(pattern: RegExp, network: boolean) {
    return (error: unknown) => {
      assert.ok(error instanceof Refused, `not Refused: ${error}`);
      assert.match(error.message, pattern);
      assert.equal(error.network, network);
      assert.equal(existsSync(folder), false);
      assert.deepEqual(world.leftovers(), []);
      return true;
    };
  }

  it("keeps a file with the committed sum, executable", async () => {
    server = await publisher((_, answer) => answer.end(content));
    await download();
    assert.equal(readFileSync(join(folder, "kubectl"), "utf8"), content);
    assert.equal(statSync(join(folder, "kubectl")).mode & 0o777, 0o755);
    assert.deepEqual(world.leftovers(), []);
  });

  it("takes only the named files out of an archive, and fetches one that two parts are in once", async () => {
    const packed = join(world.folder, "packed");
    mkdirSync(join(packed, "pulumi"), { recursive: true });
    for (const name of ["pulumi", "pulumi-language-nodejs", "pulumi-language-java"]) {
      writeFileSync(join(packed, "pulumi", name), name);
    }
    await create({ gzip: true, file: join(packed, "x.tar.gz"), cwd: packed }, ["pulumi"]);
    const archive = readFileSync(join(packed, "x.tar.gz"));
    server = await publisher((_, answer) => answer.end(archive));
    await download(sha256(archive), { "pulumi/pulumi": "pulumi" });
    assert.deepEqual(readdirSync(folder), ["pulumi"]);
    rmSync(folder, { recursive: true });
    await download(sha256(archive), { "pulumi/pulumi-language-nodejs": "host" });
    assert.equal(readFileSync(join(folder, "host"), "utf8"), "pulumi-language-nodejs");
    assert.equal(server.asked.length, 1);
    rmSync(folder, { recursive: true });
    await assert.rejects(
      download(sha256(archive), { "pulumi/other": "other" }),
      refused(/archive has no pulumi\/other/, false),
    );
  });

  it("follows redirects", async () => {
    server = await publisher((request, answer) =>
      request.url === "/kubectl"
        ? answer.writeHead(302, { location: "/elsewhere" }).end()
        : answer.end(content),
    );
    await download();
    assert.deepEqual(server.asked, ["/kubectl", "/elsewhere"]);
  });

  it("ends at a file with another sum, of which nothing is used, and names both", async () => {
    server = await publisher((_, answer) => answer.end("something else"));
    const wrong = new RegExp(`${sha256("something else")}, and ${sha256(content)} is committed: nothing`);
    await assert.rejects(download(), userError(wrong));
    assert.equal(existsSync(folder), false);
    assert.deepEqual(world.leftovers(), []);
  });

  it("does not trust what lies there under a sum's name", async () => {
    server = await publisher((_, answer) => answer.end(content));
    mkdirSync(downloadsFolder(), { recursive: true });
    writeFileSync(join(downloadsFolder(), sha256(content)), "something else");
    await download();
    assert.equal(readFileSync(join(folder, "kubectl"), "utf8"), content);
  });

  it("gives the reason when the server refuses", async () => {
    server = await publisher((_, answer) => answer.writeHead(403).end("no"));
    await assert.rejects(download(), refused(/127\.0\.0\.1:\d+ answered 403/, false));
  });

  it("gives the reason when the proxy refuses", async () => {
    server = await publisher((_, answer) => answer.writeHead(403).end("no"));
    process.env.HTTPS_PROXY = server.url;
    const official = { ...file(), url: "https://releases.invalid/kubectl" };
    await assert.rejects(
      downloadPart({ folder, files: [official], sums: [sha256(content)], word: "is committed" }),
      refused(/the proxy refuses releases\.invalid/, true),
    );
  });

  it("gives the reason when nothing listens", async () => {
    server = await publisher((_, answer) => answer.end(content));
    await server.close();
    await assert.rejects(download(), refused(/127\.0\.0\.1:\d+ or the proxy refuses connections/, true));
  });

  for (const [when, begin] of [
    ["before it answers", () => {}],
    ["in the middle of the file", (answer: { write(text: string): void }) => answer.write("half")],
  ] as const) {
    it(`does not wait for ever for a server that falls silent ${when}`, async () => {
      server = await publisher((_, answer) => begin(answer));
      await assert.rejects(
        downloadPart(
          { folder, files: [file()], sums: [sha256(content)], word: "is committed" },
          { patienceMs: 100 },
        ),
        refused(/silent for 0\.1 s/, true),
      );
    });
  }

  it("takes a full disk for what it is, not for a refusal of the server", async function () {
    if (!existsSync("/dev/full")) {
      console.log("      (this system has no /dev/full)");
      this.skip();
    }
    server = await publisher((_, answer) => answer.end(content));
    mkdirSync(downloadsFolder(), { recursive: true });
    symlinkSync("/dev/full", join(downloadsFolder(), `${sha256(content)}.unfinished-${process.pid}`));
    await assert.rejects(download(), (error) => {
      assert.equal(error instanceof Refused, false);
      return userError(/the disk is full: free some space/)(explainDisk(error));
    });
    assert.equal(existsSync(folder), false);
    assert.deepEqual(world.leftovers(), []);
  });

  it("uses nothing of a file that was cut off", async () => {
    server = await publisher((_, answer) => {
      answer.writeHead(200, { "content-length": "1000" }).write("half");
      setTimeout(() => answer.destroy(), 20);
    });
    await assert.rejects(download(), refused(/stopped in the middle of the file/, true));
  });

  it("ends with its signal's reason", async () => {
    const abort = new AbortController();
    server = await publisher(() => abort.abort(new Error("stopped")));
    await assert.rejects(
      downloadPart(
        { folder, files: [file()], sums: [sha256(content)], word: "is committed" },
        { signal: abort.signal },
      ),
      /stopped/,
    );
    assert.deepEqual(world.leftovers(), []);
  });
});
