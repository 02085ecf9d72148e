// Does NOT prove that secrets are asked of Pulumi: mode ml has none. test/engine/options.test.ts looks for their values.
import assert from "node:assert/strict";
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finish } from "../../../system/processes.ts";
import { compileCache } from "../../support/compile-cache.ts";

const project = join(import.meta.dirname, "../../..");

describe("npm run render", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "render-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const render = async (...args: string[]): Promise<string> => {
    const { status, stderr } = await finish(
      process.execPath,
      [join(project, "cli/render.ts"), "ml", ...args],
      {
        env: { PATH: process.env.PATH, ...compileCache },
      },
    );
    assert.equal(status, 0, stderr);
    return stderr;
  };
  const modeOf = (file: string): number => statSync(file).mode & 0o777;

  it("lets nobody else read a file that may hold secrets, also in the place of an open one", async () => {
    const file = join(folder, "ml.yaml");
    assert.equal(await render(folder), `Wrote ${file}\n`);
    assert.notEqual(modeOf(file) & 0o044, 0);
    await render(folder, "--show-secrets");
    assert.equal(modeOf(file), 0o600);
    assert.deepEqual(readdirSync(folder), ["ml.yaml"]);
  });

  it("writes through no link that somebody has laid there", async () => {
    const elsewhere = join(folder, "elsewhere");
    writeFileSync(elsewhere, "mine");
    symlinkSync(elsewhere, join(folder, "ml.yaml"));
    await render(folder, "--show-secrets");
    assert.equal(readFileSync(elsewhere, "utf8"), "mine");
    assert.match(readFileSync(join(folder, "ml.yaml"), "utf8"), /^# Mode ml of vllm-platform/);
  });
});
