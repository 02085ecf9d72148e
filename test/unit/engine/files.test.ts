// Does NOT prove what pulumi makes of such files; test/faults/gpu-mode-damage.test.ts does.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { backendFolder, isCutOff, removeEmptyAttributes } from "../../../engine/files.ts";

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

  it("lose attributes that are empty, and nothing else", async () => {
    const stacks = join(folder, ".pulumi", "stacks", "vllm-platform");
    mkdirSync(stacks, { recursive: true });
    const write = (name: string, text: string): void => writeFileSync(join(stacks, name), text);
    write("ml.json", "{}");
    write("ml.json.attrs", "");
    write("r1.json", "");
    write("r1.json.attrs", "{}");
    writeFileSync(join(folder, "other.attrs"), "");
    assert.deepEqual(await removeEmptyAttributes(folder), [join(stacks, "ml.json")]);
    assert.ok(!existsSync(join(stacks, "ml.json.attrs")));
    for (const kept of ["ml.json", "r1.json", "r1.json.attrs"]) {
      assert.ok(existsSync(join(stacks, kept)), kept);
    }
    assert.ok(existsSync(join(folder, "other.attrs")));
    assert.deepEqual(await removeEmptyAttributes(folder), []);
    assert.deepEqual(await removeEmptyAttributes(join(folder, "missing")), []);
  });

  it("are known by pulumi's word for one that ended too early", () => {
    for (const text of ["error: EOF", "error: failed to load checkpoint: EOF\n"]) {
      assert.ok(isCutOff(text), text);
    }
    for (const text of ["error: unexpected EOF of a pod", "EOF is a word"]) {
      assert.ok(!isCutOff(text), text);
    }
  });
});
