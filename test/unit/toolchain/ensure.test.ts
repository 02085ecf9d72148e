// Does not prove that real parts can be built: a small script plays the part of the go tool.
import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureToolchain, findToolchain, type PartName } from "../../../toolchain/index.ts";
import { UserError } from "../../../toolchain/user-error.ts";

const parts: PartName[] = ["kubectl", "pulumi-resource-random"];

describe("ensureToolchain", () => {
  const saved = { PATH: process.env.PATH, VLLM_PLATFORM_CACHE: process.env.VLLM_PLATFORM_CACHE };
  let folder: string;
  let said: string[];
  const progress = {
    say: (line: string) => void said.push(line),
    step: <T>(name: string, _: object, run: (note: () => void) => Promise<T>) => {
      said.push(name);
      return run(() => {});
    },
  };

  beforeEach(() => {
    said = [];
    folder = mkdtempSync(join(tmpdir(), "ensure-"));
    mkdirSync(join(folder, "bin"));
    process.env.VLLM_PLATFORM_CACHE = join(folder, "cache");
    process.env.PATH = join(folder, "bin");
    const go = join(folder, "bin", "go");
    writeFileSync(
      go,
      `#!/bin/sh
if [ "$1" = env ]; then echo go1.26.8; exit 0; fi
echo build >> ${folder}/calls
while [ $# -gt 0 ]; do if [ "$1" = -o ]; then echo built > "$2"; fi; shift; done
`,
    );
    chmodSync(go, 0o755);
  });
  afterEach(() => {
    for (const [name, value] of Object.entries(saved)) {
      if (value === undefined) {
        delete process.env[name];
      } else {
        process.env[name] = value;
      }
    }
    rmSync(folder, { recursive: true });
  });

  it("builds what is missing once, also when asked twice at the same time", async () => {
    assert.equal(findToolchain(parts), undefined);
    await Promise.all([ensureToolchain({ progress, parts }), ensureToolchain({ progress, parts })]);
    await ensureToolchain({ progress, parts });
    assert.equal(readFileSync(join(folder, "calls"), "utf8"), "build\nbuild\n");
  });

  it("lays executables where Pulumi looks for them, and warns of the stand-in", async () => {
    const toolchain = await ensureToolchain({ progress, parts });
    assert.ok(existsSync(toolchain.path("kubectl")));
    assert.ok(existsSync(join(toolchain.bin, "kubectl")));
    assert.ok(existsSync(join(toolchain.plugins, "resource-random-v4.21.2", "pulumi-resource-random")));
    assert.equal(toolchain.warnings.length, 1);
    assert.match(toolchain.warnings[0] ?? "", /stand-in .* pulumi-resource-random 4\.21\.2/);
    assert.deepEqual(findToolchain(parts)?.bin, toolchain.bin);
  });

  it("says in one sentence that the cache cannot be where it should", async () => {
    writeFileSync(join(folder, "cache"), "a file");
    await assert.rejects(ensureToolchain({ progress, parts }), (error: unknown) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /cannot be written: a part of that path is a file.*VLLM_PLATFORM_CACHE/);
      return true;
    });
  });
});
