// Does not prove anything of a clone that git itself cannot read.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSource, staleness, unknownSource } from "../../../../cluster/claim/source.ts";

describe("the source of a declaration", () => {
  const base = mkdtempSync(join(tmpdir(), "vllm-platform-source-"));
  const clone = join(base, "clone");
  const git = (...args: string[]): string =>
    execFileSync(
      "git",
      ["-C", clone, "-c", "user.name=A Tester", "-c", "user.email=t@example.org", ...args],
      {
        encoding: "utf8",
        env: { ...process.env, GIT_COMMITTER_DATE: date, GIT_AUTHOR_DATE: date },
      },
    );
  let date = "2026-01-01T12:00:00+02:00";

  before(() => {
    execFileSync("git", ["init", "--quiet", clone]);
    writeFileSync(join(clone, "file"), "1");
    git("add", "file");
    git("commit", "--quiet", "-m", "One");
  });
  after(() => rmSync(base, { recursive: true }));

  it("is the commit and its time, marked where tracked files differ or a mode is not in it", async () => {
    const clean = await readSource(clone);
    assert.match(clean.commit, /^[0-9a-f]{40}$/);
    assert.equal(clean.committed, "2026-01-01T10:00:00.000Z");
    writeFileSync(join(clone, "untracked"), "x");
    assert.deepEqual(await readSource(clone), clean);
    writeFileSync(join(clone, "file"), "2");
    assert.equal((await readSource(clone)).commit, `${clean.commit}-dirty`);
    writeFileSync(join(clone, "file"), "1");
    writeFileSync(join(clone, "Pulumi.new.yaml"), "");
    assert.equal((await readSource(clone)).commit, `${clean.commit}-dirty`);
    rmSync(join(clone, "Pulumi.new.yaml"));
    assert.deepEqual(await readSource(clone), clean);
  });

  it("is unknown outside a clone", async () => {
    assert.deepEqual(await readSource(join(base, "nowhere")), unknownSource);
  });

  it("is old where the claim's is newer and not part of it", async () => {
    const old = await readSource(clone);
    date = "2026-02-01T00:00:00Z";
    git("commit", "--quiet", "--allow-empty", "-m", "Two");
    const current = await readSource(clone);
    // The newer clone knows the older commit: nothing to say.
    assert.equal(await staleness(clone, current, old), undefined);
    assert.match(
      (await staleness(clone, old, current)) ?? "",
      /which is newer than this clone's [0-9a-f]{12} of 2026-01-01.*git pull/,
    );
    assert.match(
      (await staleness(clone, old, { commit: "f".repeat(40), committed: "2026-03-01T00:00:00.000Z" })) ?? "",
      /commit ffffffffffff of 2026-03-01/,
    );
    // An unknown commit that is older, and sources without a commit.
    assert.equal(
      await staleness(clone, current, { commit: "f".repeat(40), committed: "2025-03-01T00:00:00.000Z" }),
      undefined,
    );
    assert.equal(await staleness(clone, unknownSource, current), undefined);
    assert.equal(await staleness(clone, old, unknownSource), undefined);
    assert.equal(await staleness(clone, old, { ...old, commit: `${old.commit}-dirty` }), undefined);
  });
});
