// Does not prove what the publishers' servers answer, only that their known formats are read and nothing is replaced.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  committedChecksums,
  type OfficialFile,
  officialRelease,
  type PublishedSum,
  platforms,
} from "../../../../../lab/toolchain/base/official.ts";
import { parts } from "../../../../../lab/toolchain/base/parts.ts";
import { updateChecksums } from "../../../../../lab/toolchain/obtain/sums.ts";
import { type Publisher, publisherOf, sha256, World } from "../fixtures.ts";

const [listed, bare, released] = [sha256("listed"), sha256("bare"), sha256("released")];

describe("the sums of official files", () => {
  let world: World;
  let server: Publisher;
  let file: string;
  beforeEach(async () => {
    world = new World();
    file = join(world.folder, "checksums.json");
    writeFileSync(file, "{}");
    const answers: Record<string, string> = {
      "/SHA256SUMS": `${sha256("other")}  other.tar.gz\n${listed} *listed.tar.gz\n`,
      "/bare.sha256": `${bare}\n`,
      "/release": JSON.stringify({
        assets: [
          { name: "released", digest: `sha256:${released}` },
          { name: "old", digest: null },
        ],
      }),
    };
    server = await publisherOf(answers);
  });
  afterEach(async () => {
    await server.close();
    world.remove();
  });

  function official(name: string, kind: "list" | "bare" | "release", place: string): OfficialFile {
    return {
      url: `https://files.invalid/${name}`,
      take: name,
      published: { kind, url: `https://files.invalid/${place}` },
    };
  }
  const files = () => [
    official("listed.tar.gz", "list", "SHA256SUMS"),
    official("bare", "bare", "bare.sha256"),
    official("released", "release", "release"),
  ];
  const update = (wanted: readonly OfficialFile[] = files()) =>
    updateChecksums({
      file,
      files: wanted,
      instead: (url) => url.replace("https://files.invalid", server.url),
    });
  const written = () => JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;

  it("are read from lists, single sums and releases, and written in order", async () => {
    assert.deepEqual(await update(), []);
    assert.deepEqual(Object.entries(written()), [
      ["https://files.invalid/bare", bare],
      ["https://files.invalid/listed.tar.gz", listed],
      ["https://files.invalid/released", released],
    ]);
  });

  it("are asked for once a place", async () => {
    await update([
      official("listed.tar.gz", "list", "SHA256SUMS"),
      official("other.tar.gz", "list", "SHA256SUMS"),
    ]);
    assert.deepEqual(server.asked, ["/SHA256SUMS"]);
  });

  it("that a publisher does not give are named, and what is committed stays", async () => {
    writeFileSync(file, JSON.stringify({ "https://files.invalid/gone": sha256("gone") }));
    const missing = await update([
      official("unlisted", "list", "SHA256SUMS"),
      official("old", "release", "release"),
      official("gone", "bare", "gone.sha256"),
    ]);
    assert.deepEqual(
      missing.map((line) => line.split(" (")[0]),
      [
        "no sum: https://files.invalid/unlisted",
        "no sum: https://files.invalid/old",
        "kept unconfirmed: https://files.invalid/gone",
      ],
    );
    assert.deepEqual(written(), { "https://files.invalid/gone": sha256("gone") });
  });

  it("are never replaced: another one is an error, and nothing is written", async () => {
    const before = JSON.stringify({ "https://files.invalid/bare": sha256("earlier") });
    writeFileSync(file, before);
    await assert.rejects(
      update(),
      new RegExp(`Nothing was written.*\\n.*${sha256("earlier")} is committed, ${bare}`),
    );
    assert.equal(readFileSync(file, "utf8"), before);
  });

  it("that are committed belong to files of the present versions", () => {
    const known = new Set(
      platforms.flatMap((platform) =>
        parts.flatMap(({ name }) => officialRelease(name, platform)?.files.map(({ url }) => url) ?? []),
      ),
    );
    const committed = Object.entries(committedChecksums());
    assert.ok(committed.length > 0);
    for (const [url, sum] of committed) {
      assert.ok(known.has(url), url);
      assert.match(sum, /^[0-9a-f]{64}$/);
    }
  });

  it("are asked for over TLS only", () => {
    const places = (published: PublishedSum) => (published.kind === "module" ? [] : [published.url]);
    for (const platform of platforms) {
      for (const { name } of parts) {
        for (const { url, published } of officialRelease(name, platform)?.files ?? []) {
          assert.ok(
            [url, ...places(published)].every((one) => one.startsWith("https://")),
            url,
          );
        }
      }
    }
  });
});
