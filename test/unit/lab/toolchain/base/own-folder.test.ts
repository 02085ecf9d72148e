// Does NOT prove that nothing else removes folders; the commands' tests run `clean` on folders of others.
import assert from "node:assert/strict";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { cacheFolder, folderInCache, ownCache } from "../../../../../lab/toolchain/base/cache.ts";
import {
  isThere,
  judgeFolder,
  marker,
  type OwnFolder,
  requireTrust,
  takeFolder,
  whyDistrusted,
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

  it("is trusted where only those can write whose word counts anyway", () => {
    const here = { self: 1000, clone: 1001 };
    for (const uid of [1000, 1001, 0]) assert.equal(whyDistrusted({ uid, mode: 0o40755 }, here), undefined);
    assert.equal(whyDistrusted({ uid: 1002, mode: 0o40700 }, here), "it belongs to another user (id 1002)");
    for (const mode of [0o720, 0o702, 0o1777]) {
      assert.match(whyDistrusted({ uid: 0, mode }, here) ?? "", /^other users may write into it/);
    }
  });

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

    it("is its owner's alone, also one that was open before; one that others may write into is refused", async () => {
      const modeOf = (name: string): number => statSync(join(base, name)).mode & 0o777;
      mkdirSync(join(base, "empty"));
      chmodSync(join(base, "empty"), 0o777);
      await takeFolder(own("empty"));
      await takeFolder(own("new"));
      chmodSync(join(base, "new"), 0o755);
      requireTrust(own("new"));
      await takeFolder(own("new"));
      assert.deepEqual([modeOf("empty"), modeOf("new")], [0o700, 0o700]);
      chmodSync(join(base, "new"), 0o775);
      const refusal = {
        name: "UserError",
        message: `${join(base, "new")} is not taken for the thing, as other users may write into it (mode 775) and what lies there is run: chmod go-w ${join(base, "new")}, if all in it is yours, or name another folder in THING.`,
      };
      await assert.rejects(takeFolder(own("new")), refusal);
      assert.throws(() => requireTrust(own("new")), refusal);
      requireTrust(own("missing"));
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

  it("is marked before the first thing lies in it, whichever that is; one of others is refused", async () => {
    const base = mkdtempSync(join(tmpdir(), "cache-"));
    try {
      set("VLLM_PLATFORM_CACHE", join(base, "new"));
      const folder = await folderInCache("litellm", "1.2.3");
      assert.equal(folder, join(base, "new", "litellm", "1.2.3"));
      mkdirSync(folder, { recursive: true });
      assert.equal(await folderInCache("litellm", "1.2.3"), folder);
      assert.equal(await isThere(ownCache()), true);
      mkdirSync(join(base, "lab", "mine"), { recursive: true });
      set("VLLM_PLATFORM_CACHE", join(base, "lab"));
      await assert.rejects(folderInCache("zizmor"), /is not taken for the toolchain, .* \(mine\)/);
    } finally {
      rmSync(base, { recursive: true, force: true });
    }
  });
});
