// Does not prove that the parts can be built: a small script plays the part of the go tool.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildPart } from "../../../toolchain/build.ts";
import { isCached, partFolder } from "../../../toolchain/cache.ts";
import { parts } from "../../../toolchain/parts.ts";
import { UserError } from "../../../toolchain/user-error.ts";

const etcd = parts.find(({ name }) => name === "etcd");
assert.ok(etcd);

describe("building a part", () => {
  const saved = { PATH: process.env.PATH, VLLM_PLATFORM_CACHE: process.env.VLLM_PLATFORM_CACHE };
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "toolchain-"));
    mkdirSync(join(folder, "bin"));
    process.env.VLLM_PLATFORM_CACHE = join(folder, "cache");
    process.env.PATH = join(folder, "bin");
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

  /** A go tool that answers `go env GOVERSION`, and runs these shell lines for anything else; $OUT is the file to build. */
  function playGo(version: string, lines: string): void {
    const script = `#!/bin/sh
if [ "$1" = env ]; then echo ${version}; exit 0; fi
while [ $# -gt 0 ]; do if [ "$1" = -o ]; then OUT=$2; fi; shift; done
${lines}
`;
    writeFileSync(join(folder, "bin", "go"), script);
    chmodSync(join(folder, "bin", "go"), 0o755);
  }

  const build = () => buildPart(etcd, undefined, () => {});

  function refused(pattern: RegExp) {
    return (error: unknown) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, pattern);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    };
  }

  function nothingLeft(): void {
    assert.equal(isCached(etcd as NonNullable<typeof etcd>), false);
    assert.deepEqual(
      readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
        name.includes("unfinished"),
      ),
      [],
    );
  }

  it("says which Go to install where there is none", async () => {
    await assert.rejects(build, refused(/no Go on this machine: install Go 1\.26 or newer/));
    nothingLeft();
  });

  it("says which Go it found where that is too old", async () => {
    playGo("go1.22.3", "exit 9");
    await assert.rejects(build, refused(/Go 1\.26 or newer, and this machine has go1\.22\.3/));
    nothingLeft();
  });

  it("keeps what was built under the final name only", async () => {
    playGo("go1.26.8", 'echo built > "$OUT"');
    await build();
    assert.equal(readFileSync(join(partFolder(etcd), "etcd"), "utf8"), "built\n");
    assert.deepEqual(readdirSync(join(folder, "cache", "parts")).length, 1);
  });

  it("leaves nothing of a build that failed half-way", async () => {
    playGo("go1.26.8", 'echo half > "$OUT"; echo "main.go:1: undefined: x" >&2; exit 1');
    await assert.rejects(build, refused(/etcd 3\.7\.3 could not be built: main\.go:1: undefined: x/));
    nothingLeft();
  });

  const failures: [string, RegExp][] = [
    ["write /x/y: no space left on device", /the disk is full: free some space/],
    ["verifying example.org/x@v1.0.0: checksum mismatch", /not the one whose sum is committed/],
    ["reading https://127.0.0.1/x/@v/list: 403 Forbidden", /refuses the Go module proxy/],
    ["dial tcp: lookup proxy.example: no such host", /cannot be reached: check the network/],
    ["compile: signal: killed", /killed, most likely for memory/],
  ];
  for (const [line, sentence] of failures) {
    it(`explains “${line}”`, async () => {
      playGo("go1.26.8", `echo '${line}' >&2; exit 1`);
      await assert.rejects(build, refused(sentence));
      nothingLeft();
    });
  }
});
