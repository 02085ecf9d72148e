// Does not prove that every tag in a registry has this shape.
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  compareVersions,
  isAtLeast,
  parseTag,
  parseVersion,
  type Version,
  versionText,
} from "../../../../stacks/vocabulary/version.ts";

const read = (text: string): Version => parseVersion(text) ?? assert.fail(`not read: ${text}`);

const versions = fc.record({
  release: fc.array(fc.nat(999), { minLength: 1, maxLength: 4 }),
  stage: fc.constantFrom("pre" as const, "final" as const, "post" as const),
  serial: fc.nat(20),
});

describe("versions of image tags and drivers", () => {
  it("are read as tags and drivers write them", () => {
    assert.deepEqual(parseTag("v0.8.5.post1"), {
      version: { release: [0, 8, 5], stage: "post", serial: 1 },
    });
    assert.deepEqual(parseTag("v0.20.0-cu129"), {
      version: { release: [0, 20, 0], stage: "final", serial: 0 },
      variant: "cu129",
    });
    assert.deepEqual(parseTag("v0.11.0rc2-x86_64"), {
      version: { release: [0, 11, 0], stage: "pre", serial: 2 },
      variant: "x86_64",
    });
    assert.deepEqual(read("535.274.02").release, [535, 274, 2]);
  });

  it("are not found in tags that name none", () => {
    for (const tag of ["latest", "nightly", "", "v", "sha256:00", "0..8", "v0.8.5.post", "1.2.3.4.5"]) {
      assert.equal(parseTag(tag), undefined, tag);
    }
  });

  it("come in the order of their release, a post-release after and a candidate before it", () => {
    const ordered = ["0.8.5rc1", "0.8.5", "0.8.5.post1", "0.8.5.post2", "0.9.0", "0.10.0", "0.10.1.1", "1.0"];
    for (const [index, text] of ordered.entries()) {
      for (const [other, otherText] of ordered.entries()) {
        const order = Math.sign(compareVersions(read(text), read(otherText)));
        assert.equal(order, Math.sign(index - other), `${text} ${otherText}`);
      }
    }
    assert.ok(isAtLeast(read("v0.9"), "0.9.0"));
    assert.ok(!isAtLeast(read("0.9.0rc1"), "0.9.0"));
  });

  it("are read back from their own text, and any text is read or refused without a throw", () => {
    fc.assert(
      fc.property(versions, (version) => {
        const again = read(versionText(version));
        const expected = version.stage === "final" ? { ...version, serial: 0 } : version;
        assert.equal(compareVersions(again, expected), 0);
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        const found = parseTag(text);
        assert.ok(found === undefined || found.version.release.every(Number.isSafeInteger));
      }),
    );
  });

  it("have one order: antisymmetric and transitive", () => {
    fc.assert(
      fc.property(versions, versions, versions, (a, b, c) => {
        assert.equal(Math.sign(compareVersions(a, b)), 0 - Math.sign(compareVersions(b, a)));
        if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) {
          assert.ok(compareVersions(a, c) <= 0);
        }
      }),
    );
  });
});
