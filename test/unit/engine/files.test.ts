// Does NOT prove what pulumi makes of such files; test/faults/gpu-mode-damage.test.ts does.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { backendFolder, isCutOff, removeEmpty } from "../../../engine/files.ts";

describe("the files of a backend that is a folder", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "backend-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("lie where its address says", () => {
    const places = { home: "/home/me", cwd: "/clone" };
    const cases = {
      "file:///srv/state": "/srv/state",
      "file:///srv/my%20state": "/srv/my state",
      "file://~": "/home/me",
      "file://~/state": "/home/me/state",
      "file://../state": "/state",
      "https://api.pulumi.com": undefined,
      "s3://bucket": undefined,
    };
    for (const [url, expected] of Object.entries(cases)) {
      assert.equal(backendFolder(url, places), expected, url);
    }
  });

  it("lose attributes and locks that are empty and stay so, and nothing else", async () => {
    const stacks = join(folder, ".pulumi", "stacks", "vllm-platform");
    mkdirSync(stacks, { recursive: true });
    const write = (name: string, text: string): void => writeFileSync(join(stacks, name), text);
    write("ml.json", "{}");
    write("ml.json.attrs", "");
    write("r1.json", "");
    write("r1.json.attrs", "{}");
    writeFileSync(join(folder, "other.attrs"), "");
    const locks = join(folder, ".pulumi", "locks", "organization", "vllm-platform", "ml");
    mkdirSync(locks, { recursive: true });
    const [cut, held, begun] = ["a.json.18ebca.tmp", "b.json", "c.json.tmp"].map((name) => join(locks, name));
    writeFileSync(String(cut), "");
    writeFileSync(String(held), "{}");
    writeFileSync(String(begun), "");
    setTimeout(() => writeFileSync(String(begun), "{}"), 50); // a pulumi that is just taking it
    assert.deepEqual((await removeEmpty(folder)).sort(), [cut, join(stacks, "ml.json")]);
    assert.ok(!existsSync(join(stacks, "ml.json.attrs")));
    assert.deepEqual(
      [cut, held, begun].map((file) => existsSync(String(file))),
      [false, true, true],
    );
    for (const kept of ["ml.json", "r1.json", "r1.json.attrs"]) {
      assert.ok(existsSync(join(stacks, kept)), kept);
    }
    assert.ok(existsSync(join(folder, "other.attrs")));
    assert.deepEqual(await removeEmpty(folder), []);
    assert.deepEqual(await removeEmpty(join(folder, "missing")), []);
  });

  it("are known by pulumi's word for one that ended too early", () => {
    for (const text of ["EOF", "failed to load checkpoint: EOF\n", "unexpected end of JSON input"]) {
      assert.ok(isCutOff(text), text);
    }
    for (const text of ["unexpected EOF of a pod", "EOF is a word"]) {
      assert.ok(!isCutOff(text), text);
    }
  });
});
