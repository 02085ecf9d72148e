// Does NOT prove that nothing else removes folders; the commands' tests run `clean` on folders of others.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { cacheFolder, ownCache } from "../../../../../lab/toolchain/base/cache.ts";
import {
  isThere,
  judgeFolder,
  marker,
  type OwnFolder,
  takeFolder,
} from "../../../../../lab/toolchain/base/own-folder.ts";

const kind = { entries: ["parts", "locks", "logs", "usual.json"], telltales: ["parts", "usual.json"] };

describe("a folder of the project's own", () => {
  const judgements: [string, string[], ReturnType<typeof judgeFolder>][] = [
    ["an empty folder", [], { is: "empty" }],
    ["a marked one", [marker], { is: "own" }],
    ["a marked one with other things", [marker, "mine"], { is: "own" }],
    ["one from before the marker", ["logs", "parts", "usual.json.4711.tmp"], { is: "own" }],
    ["one of before with other things", ["parts", "mine", "logs"], { is: "foreign", foreign: ["mine"] }],
    ["one with names that many have", ["logs"], { is: "foreign", foreign: ["logs"] }],
    ["one whose names only begin alike", ["parts-of-mine"], { is: "foreign", foreign: ["parts-of-mine"] }],
  ];
  for (const [name, names, expected] of judgements) {
    it(`is ${expected.is}: ${name}`, () => assert.deepEqual(judgeFolder(names, kind), expected));
  }

  describe("on the disk", () => {
    let base: string;
    const own = (name: string): OwnFolder => ({
      ...kind,
      folder: join(base, name),
      title: "the thing",
      variable: "THING",
    });
    beforeEach(() => {
      base = mkdtempSync(join(tmpdir(), "own-folder-"));
    });
    afterEach(() => rmSync(base, { recursive: true, force: true }));

    it("is made with its marker, whose text says what clean does; and taken again", async () => {
      await takeFolder(own("new"));
      await takeFolder(own("new"));
      assert.deepEqual(readdirSync(join(base, "new")), [marker]);
      assert.match(
        readFileSync(join(base, "new", marker), "utf8"),
        /is the thing of vllm-platform: npm run clean/,
      );
      assert.equal(await isThere(own("new")), true);
    });

    it("is not there where the folder is missing or empty", async () => {
      mkdirSync(join(base, "empty"));
      assert.deepEqual([await isThere(own("missing")), await isThere(own("empty"))], [false, false]);
    });

    it("is neither taken nor removed where it is somebody else's", async () => {
      mkdirSync(join(base, "lab"));
      writeFileSync(join(base, "lab", "mine"), "");
      await assert.rejects(
        takeFolder(own("lab")),
        /lab is not taken for the thing, as it holds other things \(mine\)/,
      );
      await assert.rejects(
        isThere(own("lab")),
        /lab is not removed: it holds other things \(mine\), .*THING/,
      );
    });
  });
});

describe("the cache's folder", () => {
  const names = ["VLLM_PLATFORM_CACHE", "XDG_CACHE_HOME"] as const;
  const saved = names.map((name) => process.env[name]);
  const set = (name: string, value: string | undefined): void => {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  };
  afterEach(() => {
    for (const [place, name] of names.entries()) set(name, saved[place]);
  });

  it("is where the environment says, and a relative or empty XDG_CACHE_HOME says nothing", () => {
    const usual = join(
      homedir(),
      process.platform === "darwin" ? "Library/Caches" : ".cache",
      "vllm-platform",
    );
    for (const [cache, xdg, expected] of [
      ["/a", "/b", "/a"],
      ["a", undefined, join(process.cwd(), "a")],
      ["", "/b", "/b/vllm-platform"],
      [undefined, "", usual],
      [undefined, "b", usual],
      [undefined, undefined, usual],
    ] as const) {
      set("VLLM_PLATFORM_CACHE", cache);
      set("XDG_CACHE_HOME", xdg);
      assert.equal(cacheFolder(), expected);
      assert.equal(ownCache().folder, expected);
    }
  });
});
