// Does not prove that any official server is reachable or what it serves: a server on loopback plays its part.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isCached, originOf, partFolder } from "../../../toolchain/cache.ts";
import { downloadPart } from "../../../toolchain/download.ts";
import { parts } from "../../../toolchain/parts.ts";
import { UserError } from "../../../toolchain/user-error.ts";

const part = parts.find(({ name }) => name === "kubectl");
assert.ok(part);
const key = `${part.name}-${part.version}-${process.platform}-${process.arch}`;

describe("downloading a part", () => {
  const savedCache = process.env.VLLM_PLATFORM_CACHE;
  const content = "the official file";
  const sha256 = createHash("sha256").update(content).digest("hex");
  let folder: string;
  let server: Server;
  let url: string;
  let status: number;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "download-"));
    process.env.VLLM_PLATFORM_CACHE = folder;
    status = 200;
    server = createServer((_, answer) => answer.writeHead(status).end(content)).listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/kubectl`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
    if (savedCache === undefined) {
      delete process.env.VLLM_PLATFORM_CACHE;
    } else {
      process.env.VLLM_PLATFORM_CACHE = savedCache;
    }
  });

  it("keeps a file with the committed sum, executable, and tells where it came from", async () => {
    assert.equal(await downloadPart(part, { [key]: { url, sha256 } }, undefined), undefined);
    const executable = join(partFolder(part), part.name);
    assert.equal(readFileSync(executable, "utf8"), content);
    assert.equal(statSync(executable).mode & 0o777, 0o755);
    assert.equal(originOf(part), `official download from ${url}`);
  });

  it("uses nothing of a file with another sum, and names both", async () => {
    const wrong = "0".repeat(64);
    await assert.rejects(
      downloadPart(part, { [key]: { url, sha256: wrong } }, undefined),
      (error: unknown) => {
        assert.ok(error instanceof UserError);
        assert.ok(
          error.message.includes(sha256) && error.message.includes(wrong) && error.message.includes(url),
        );
        return true;
      },
    );
    assert.equal(isCached(part), false);
    assert.deepEqual(readdirSync(folder), []);
  });

  it("gives the reason when the server refuses, so that the part is built", async () => {
    status = 403;
    assert.equal(await downloadPart(part, { [key]: { url, sha256 } }, undefined), `${url} answered 403`);
    assert.equal(isCached(part), false);
  });

  it("gives the reason when nothing answers", async () => {
    server.close();
    await once(server, "close");
    assert.match(
      (await downloadPart(part, { [key]: { url, sha256 } }, undefined)) ?? "",
      /could not be fetched/,
    );
  });

  it("asks no server without a committed sum", async () => {
    let asked = 0;
    server.on("request", () => asked++);
    assert.match((await downloadPart(part, {}, undefined)) ?? "", /no sum/);
    assert.equal(asked, 0);
  });
});
