// Does NOT prove what the vendors' servers answer today: a server on loopback speaks their addresses, and serves this machine's
// own parts as the vendors pack them. What takes them is the real code and, for plugins, the real `pulumi plugin install`.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "tar";
import { installedToolchain } from "../../lab/sandbox/index.ts";
import { cachedPart } from "../../lab/toolchain/base/cache.ts";
import { officialRelease, thisPlatform } from "../../lab/toolchain/base/official.ts";
import { ensureToolchain, type PartName, parts } from "../../lab/toolchain/index.ts";
import { outputOf } from "../../system/processes.ts";
import { silentProgress } from "../support/sandbox.ts";

const names: PartName[] = ["kubectl", "etcd", "pulumi", "pulumi-resource-random", "pulumi-resource-command"];

describe("on an open network", function () {
  this.timeout(240_000);
  const folder = mkdtempSync(join(tmpdir(), "vllm-platform-open-"));
  const files = new Map<string, string>();
  const cache = process.env.VLLM_PLATFORM_CACHE;
  let server: Server;

  before(async () => {
    for (const name of names) await publish(name);
    server = createServer((request, response) => {
      const file = files.get(request.url ?? "");
      if (file === undefined) response.writeHead(404).end();
      else {
        response.writeHead(200, { "content-length": statSync(file).size });
        createReadStream(file).pipe(response);
      }
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
  });

  after(() => {
    if (cache === undefined) delete process.env.VLLM_PLATFORM_CACHE;
    else process.env.VLLM_PLATFORM_CACHE = cache;
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  const place = (url: string): string => `/${url.replace("https://", "")}`;

  /** Lays a part out as its vendor does: bare or in an archive, with its sum where the vendor says it. */
  async function publish(name: PartName): Promise<void> {
    const platform = thisPlatform() ?? assert.fail("no parts are published for this platform");
    const [file] = officialRelease(name, platform)?.files ?? assert.fail(`${name} is not published`);
    assert.ok(file);
    const { url, take, published } = file;
    const own = installedToolchain().path(name);
    const packed = join(folder, name);
    if (typeof take === "string") symlinkSync(own, packed);
    else {
      const [inside] = Object.keys(take);
      assert.ok(inside);
      mkdirSync(join(folder, `${name}.d`, inside, ".."), { recursive: true });
      symlinkSync(own, join(folder, `${name}.d`, inside));
      const options = { gzip: { level: 1 }, follow: true, file: packed, cwd: join(folder, `${name}.d`) };
      await create(options, [inside]);
    }
    files.set(place(url), packed);
    if (published.kind === "module" || name.startsWith("pulumi-resource-")) return;
    const sum = createHash("sha256").update(readFileSync(packed)).digest("hex");
    const said = published.kind === "bare" ? sum : `${sum}  ${url.split("/").at(-1)}\n`;
    writeFileSync(join(folder, `${name}.sum`), said);
    files.set(place(published.url), join(folder, `${name}.sum`));
  }

  it("each part is downloaded and checked by its vendor's word, and runs", async () => {
    const { port } = server.address() as AddressInfo;
    process.env.VLLM_PLATFORM_CACHE = join(folder, "cache");
    const toolchain = await ensureToolchain({
      progress: silentProgress,
      parts: names,
      checksums: {},
      instead: (url) => `http://127.0.0.1:${port}${place(url)}`,
    });
    assert.deepEqual(toolchain.warnings, []);
    const words = names.map((name) => {
      const part = parts.find((one) => one.name === name) ?? assert.fail(name);
      const { origin, checkedBy } = cachedPart(part, {}) ?? assert.fail(`${name} is not in the cache`);
      return `${origin}: ${checkedBy.replace(/https:\S+\//, "…/")}`;
    });
    const { arch } = process;
    assert.equal(arch === "x64" || arch === "arm64", true);
    assert.deepEqual(words, [
      "official download: its publisher's sum (…/kubectl.sha256)",
      "official download: its publisher's sum (…/SHA256SUMS)",
      "official download: its publisher's sum (…/pulumi-3.259.0-checksums.txt)",
      ...Array(2).fill("official download: pulumi plugin install, from api.pulumi.com"),
    ]);
    const env = {
      ...process.env,
      PULUMI_HOME: join(toolchain.plugins, ".."),
      PULUMI_SKIP_UPDATE_CHECK: "true",
    };
    assert.match(await outputOf(toolchain.path("kubectl"), ["version", "--client"], { env }), /v1\.37\.2/);
    assert.match(await outputOf(toolchain.path("etcd"), ["--version"], { env }), /3\.7\.3/);
    assert.match(await outputOf(toolchain.path("pulumi"), ["version"], { env }), /v3\.259\.0/);
    const listed = await outputOf(toolchain.path("pulumi"), ["plugin", "ls", "--json"], { env });
    assert.deepEqual((JSON.parse(listed) as { name: string }[]).map(({ name }) => name).sort(), [
      "command",
      "random",
    ]);
  });
});
