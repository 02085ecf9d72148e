// Does NOT prove what pulumi writes into stack files; the engine tests let a real one do it.
import assert from "node:assert/strict";
import fc from "fast-check";
import { parse, stringify } from "yaml";
import { applyChanges, changesIn, compose, ownPart } from "../../../../../lab/sandbox/pulumi/stack-file.ts";

const file = (config: object, more: object = {}): string =>
  stringify({ ...more, config }, { aliasDuplicateObjects: false });
const salt = "encryptionsalt: v1:mine\n";

describe("what pulumi works on in the sandbox", () => {
  it("is the tracked file, comments and all, and the sandbox's salt", () => {
    const tracked = "# why\nconfig:\n  a:b: 1 # so\n";
    assert.deepEqual(compose(tracked, ""), { text: tracked, leftOut: [] });
    assert.equal(compose(tracked, salt).text, `${tracked}${salt}`);
    assert.deepEqual(compose("", salt), { text: salt, leftOut: [] });
  });

  it("lacks secrets that only the tracked file's provider can read, and names them", () => {
    const config = { "a:plain": 1, "a:secret": { secure: "v1:x" }, "a:deep": { list: [{ secure: "v1:y" }] } };
    const tracked = file(config, { encryptionsalt: "v1:theirs", secretsprovider: "cloud" });
    const { text, leftOut } = compose(tracked, salt);
    assert.deepEqual(leftOut, ["a:secret", "a:deep"]);
    assert.deepEqual(parse(text), { config: { "a:plain": 1 }, encryptionsalt: "v1:mine" });
  });

  it("has the sandbox's secrets in their place, but never over a plain value", () => {
    const own = file({ "a:secret": { secure: "v1:mine" }, "a:plain": { secure: "v1:old" } });
    const { text, leftOut } = compose(file({ "a:secret": { secure: "v1:theirs" }, "a:plain": 1 }), own);
    assert.deepEqual(parse(text), { config: { "a:secret": { secure: "v1:mine" }, "a:plain": 1 } });
    assert.deepEqual(leftOut, []);
  });

  const noStackFiles = [
    "config: hello\n",
    "config: [1]\n",
    "- a\n",
    "config:\n  x: [\n",
    "hello\n",
    "a: 1\na: 2\n",
  ];
  for (const text of noStackFiles) {
    it(`is ${JSON.stringify(text)} as it stands, for its reader to judge`, () => {
      assert.deepEqual(compose(text, salt), { text, leftOut: [] });
      assert.throws(() => applyChanges(text, []), TypeError);
      assert.deepEqual(changesIn(text, text), []);
      assert.equal(ownPart(text), "");
    });
  }
});

describe("what pulumi has changed there", () => {
  const tracked = "# why\nconfig:\n  a:kept: 1 # so\n  a:changed: 1 # small\n  a:removed: 1\n";

  it("goes into the tracked file, whose comments stay", () => {
    const now = file({ "a:kept": 1, "a:changed": 2, "a:new": { deep: [1] } });
    const changes = changesIn(tracked, now);
    assert.deepEqual(changes, [
      { key: "a:changed", value: 2 },
      { key: "a:removed", value: undefined },
      { key: "a:new", value: { deep: [1] } },
    ]);
    assert.equal(
      applyChanges(tracked, changes),
      "# why\nconfig:\n  a:kept: 1 # so\n  a:changed: 2 # small\n  a:new:\n    deep:\n      - 1\n",
    );
  });

  it("is not that it has made strings of numbers and truth values, as it does with each file that it writes", () => {
    const before =
      "config:\n  a:n: 8192\n  a:f: 0.90\n  a:t: true\n  a:none:\n  a:group: { value: { n: 5 } }\n";
    const written =
      'config:\n  a:n: "8192"\n  a:f: "0.9"\n  a:t: "true"\n  a:none: ""\n  a:group: { value: { n: 5 } }\n';
    assert.deepEqual(changesIn(before, `${written}${salt}`), []);
    const changes = changesIn(before, written.replace("8192", "4096").replace("0.9", "0.80"));
    assert.equal(applyChanges(before, changes), before.replace("8192", "4096").replace("0.90", '"0.80"'));
  });

  it("stays in the sandbox where it is a secret, and leaves the tracked file where it became one", () => {
    const secret = { "a:changed": { secure: "v1:x" } };
    const now = file({ "a:kept": 1, "a:removed": 1, ...secret }, { encryptionsalt: "v1:mine" });
    assert.deepEqual(changesIn(tracked, now), [{ key: "a:changed", value: undefined }]);
    assert.deepEqual(parse(ownPart(now)), { encryptionsalt: "v1:mine", config: secret });
  });

  it("makes a file for a stack that had none", () => {
    assert.equal(applyChanges("", changesIn("", file({ "a:b": 1 }))), "config:\n  a:b: 1\n");
    assert.equal(applyChanges("config:\n", [{ key: "a:b", value: 1 }]), "config:\n  a:b: 1\n");
  });

  const plain = fc.dictionary(
    fc.constantFrom("a:a", "a:b", "a:c", "a:d"),
    fc.constantFrom(1, "x", true, [2]),
    {
      noNullPrototype: true,
    },
  );
  const secrets = fc.dictionary(fc.constantFrom("a:e", "a:f"), fc.constant({ secure: "v1:x" }), {
    noNullPrototype: true,
  });

  it("is then in the tracked file or in the sandbox, all of it, and nothing else is", () => {
    fc.assert(
      fc.property(plain, plain, secrets, (before, after, own) => {
        const composed = compose(file(before), salt).text;
        const now = file({ ...after, ...own }, { encryptionsalt: "v1:mine" });
        const changed = applyChanges(file(before), changesIn(composed, now));
        assert.deepEqual(parse(changed), { config: after });
        assert.deepEqual(parse(compose(changed, ownPart(now)).text), parse(now));
        assert.deepEqual(changesIn(compose(changed, ownPart(now)).text, now), []);
      }),
    );
  });
});
