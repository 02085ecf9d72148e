// Does NOT prove that the workflows do what they should; others judge whether GitHub takes them, and what could be abused.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../../lab/sandbox/base/paths.ts";
import { createProgress } from "../../lab/toolchain/base/progress.ts";
import { ensureToolchain } from "../../lab/toolchain/index.ts";
import { whyNoZizmor, zizmor } from "../../lab/workflows/zizmor.ts";
import { finish } from "../../system/processes.ts";

/** What must be found: a branch's name that becomes a command, a base's rights for a fork's code, and a key that is none. */
const bad = `
on: pull_request_target
jobs:
  bad:
    runs-on: ubuntu-24.04
    steps:
      - run: echo "\${{ github.head_ref }}"
        timeout: 5
`;

describe("GitHub's workflows, to others", function () {
  this.timeout(600_000);
  const progress = createProgress();
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "vllm-platform-workflows-"));
    mkdirSync(join(folder, ".github/workflows"), { recursive: true });
    writeFileSync(join(folder, ".github/workflows/bad.yml"), bad);
  });
  after(() => rmSync(folder, { recursive: true }));

  it("are such that actionlint finds nothing", async () => {
    const toolchain = await ensureToolchain({ progress, parts: ["actionlint"] });
    const program = toolchain.path("actionlint");
    // What it would find in scripts by other programs depends on whether this machine has them.
    const args = ["-no-color", "-shellcheck=", "-pyflakes="];
    const lint = (...files: string[]) => finish(program, [...args, ...files], { cwd: projectRoot });
    const { stdout, status } = await lint();
    assert.equal(stdout, "");
    assert.equal(status, 0);
    const found = await lint(join(folder, ".github/workflows/bad.yml"));
    assert.equal(found.status, 1);
    assert.match(found.stdout, /"github\.head_ref" is potentially untrusted/);
    assert.match(found.stdout, /unexpected key "timeout"/);
  });

  it("are such that zizmor finds nothing but what they say is known", async function () {
    const why = await whyNoZizmor();
    if (why !== undefined) {
      console.log(`      skipped: ${why}`);
      this.skip();
    }
    const program = await zizmor(progress);
    const audit = (where: string) =>
      finish(program, ["--offline", "--no-progress", "--no-config", "--color=never", where]);
    const { stdout, stderr, status } = await audit(join(projectRoot, ".github/workflows"));
    assert.equal(status, 0, `${stdout}${stderr}`);
    assert.match(stdout, /No findings to report/);
    const found = await audit(join(folder, ".github/workflows"));
    assert.match(found.stdout, /error\[dangerous-triggers\]/);
    assert.match(found.stdout, /error\[template-injection\]/);
  });
});
