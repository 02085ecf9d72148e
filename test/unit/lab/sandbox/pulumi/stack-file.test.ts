// Does NOT prove what pulumi writes into stack files; the engine tests let a real one do it.
import assert from "node:assert/strict";
import fc from "fast-check";
import { parse, stringify } from "yaml";
import { syncStackFile } from "../../../../../lab/sandbox/pulumi/stack-file.ts";

const file = (config: object, more: object = {}): string => stringify({ ...more, config });
const configOf = (text: string): unknown => (parse(text) as { config?: unknown }).config;

describe("the sandbox's copy of a stack file", () => {
  it("is at first the tracked file, comments and all", () => {
    const tracked = "# why\nconfig:\n  a:b: 1 # so\n";
    assert.deepEqual(syncStackFile(tracked, undefined, undefined), { text: tracked, leftOut: [] });
  });

  it("stays as it is while nothing changes", () => {
    const tracked = file({ "a:b": 1 });
    const copy = `encryptionsalt: v1:x\n# mine\n${tracked}`;
    assert.equal(syncStackFile(tracked, tracked, copy).text, copy);
  });

  it("gets what has changed in the tracked file: new, other and removed values", () => {
    const before = file({ "a:kept": 1, "a:changed": 1, "a:removed": 1 });
    const now = file({ "a:kept": 1, "a:changed": 2, "a:new": { deep: [1] } });
    assert.deepEqual(configOf(syncStackFile(now, before, before).text), {
      "a:kept": 1,
      "a:changed": 2,
      "a:new": { deep: [1] },
    });
  });

  it("keeps what the user has set or removed, also over a change of another key", () => {
    const before = file({ "a:one": 1, "a:two": 2, "a:three": 3 });
    const own = file({ "a:one": 10, "a:three": 3, "a:mine": true });
    const now = file({ "a:one": 1, "a:two": 2, "a:three": 33 });
    assert.deepEqual(configOf(syncStackFile(now, before, own).text), {
      "a:one": 10,
      "a:three": 33,
      "a:mine": true,
    });
  });

  it("prefers the user's value where the tracked one has changed, too", () => {
    const merged = syncStackFile(file({ "a:b": 3 }), file({ "a:b": 1 }), file({ "a:b": 2 }));
    assert.deepEqual(configOf(merged.text), { "a:b": 2 });
  });

  it("gives a removed value back when the tracked file changes it", () => {
    assert.deepEqual(configOf(syncStackFile(file({ "a:b": 2 }), file({ "a:b": 1 }), file({})).text), {
      "a:b": 2,
    });
  });

  it("leaves out secrets that only the tracked file's provider can read, and names them", () => {
    const config = { "a:plain": 1, "a:secret": { secure: "v1:x" }, "a:deep": { list: [{ secure: "v1:y" }] } };
    const tracked = file(config, { encryptionsalt: "v1:theirs", secretsprovider: "cloud" });
    const { text, leftOut } = syncStackFile(tracked, undefined, undefined);
    assert.deepEqual(leftOut, ["a:secret", "a:deep"]);
    assert.deepEqual(parse(text), { config: { "a:plain": 1 } });
  });

  it("keeps its own salt and its own secrets", () => {
    const tracked = file({ "a:secret": { secure: "v1:theirs" } }, { encryptionsalt: "v1:theirs" });
    const copy = file({ "a:secret": { secure: "v1:mine" } }, { encryptionsalt: "v1:mine" });
    const synced = syncStackFile(tracked, tracked, copy);
    assert.deepEqual(parse(synced.text), parse(copy));
  });

  it("is made from an empty file and of an empty one", () => {
    assert.deepEqual(syncStackFile("", undefined, undefined), { text: "", leftOut: [] });
    assert.deepEqual(parse(syncStackFile(file({ "a:b": 1 }), "", "").text), { config: { "a:b": 1 } });
  });

  const config = fc.dictionary(fc.constantFrom("a:a", "a:b", "a:c", "a:d"), fc.constantFrom(1, "x", true), {
    maxKeys: 4,
    noNullPrototype: true,
  });

  it("without changes by the user always equals the tracked file; a second time changes nothing", () => {
    fc.assert(
      fc.property(config, config, (before, now) => {
        const once = syncStackFile(file(now), file(before), file(before)).text;
        assert.deepEqual(configOf(once) ?? {}, now);
        assert.equal(syncStackFile(file(now), file(now), once).text, once);
      }),
    );
  });

  it("has every value that the user has set, whatever else changes", () => {
    fc.assert(
      fc.property(config, config, config, (before, now, own) => {
        const merged = configOf(syncStackFile(file(now), file(before), file(own)).text) as Record<
          string,
          unknown
        >;
        for (const [key, value] of Object.entries(own)) {
          if (before[key] !== value) assert.equal(merged[key], value);
        }
      }),
    );
  });
});
