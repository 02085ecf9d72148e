// Does not prove that the parts can be built: a small script plays the part of the go tool. One test asks the real go
// tool for a module with a wrong sum, where there is one.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { builtFolder, goModules } from "../../../../../lab/toolchain/base/cache.ts";
import { buildParts } from "../../../../../lab/toolchain/obtain/build.ts";
import { partNamed, userError, World } from "../fixtures.ts";

const etcd = partNamed("etcd");

describe("building parts", () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });
  afterEach(() => world.remove());

  const build = () => buildParts([etcd]);

  function nothingLeft(): void {
    assert.equal(existsSync(builtFolder(etcd)), false);
    assert.deepEqual(world.leftovers(), []);
  }

  it("says which Go to install where there is none", async () => {
    await assert.rejects(
      build,
      userError(/^etcd 3\.7\.3 has to be built .* no Go on this machine: install Go 1\.26 or newer/),
    );
    nothingLeft();
  });

  const oldOnes: [string, string][] = [
    ["echo go1.22.3", "go1.22.3"],
    // What Go from 1.21 says in the folder of a go.mod that asks for a newer one.
    ["echo 'go: go.mod requires go >= 1.26 (running go 1.24.1; GOTOOLCHAIN=local)' >&2; exit 1", "Go 1.24.1"],
  ];
  for (const [answer, seen] of oldOnes) {
    it(`says which Go it found where that is too old: ${seen}`, async () => {
      world.playGo("exit 9", answer);
      await assert.rejects(
        build,
        userError(new RegExp(`this machine has ${seen}: install Go 1\\.26 or newer`)),
      );
      nothingLeft();
    });
  }

  it("keeps what was built under the final name only", async () => {
    world.playGo('echo built > "$OUT"');
    await build();
    assert.equal(readFileSync(join(builtFolder(etcd), "etcd"), "utf8"), "built\n");
    assert.deepEqual(readdirSync(join(world.cache, "parts")).length, 1);
  });

  it("builds parts of one module in one call, each into its own folder", async () => {
    const both = [partNamed("kwok"), partNamed("kwokctl")] as const;
    world.playGo('echo one > "$OUT/kwok"; echo two > "$OUT/kwokctl"');
    await buildParts(both);
    assert.deepEqual(readdirSync(builtFolder(both[0])), ["kwok"]);
    assert.deepEqual(readdirSync(builtFolder(both[1])), ["kwokctl"]);
    assert.equal(readFileSync(join(world.folder, "calls"), "utf8").trim().split("\n").length, 1);
  });

  it("builds a copy of our module, with files of others laid beside it and ours in place of theirs", async () => {
    const provider = partNamed("pulumi-resource-kubernetes");
    const kinds = "go/kubernetes/yaml/v2/kinds.go";
    const theirs: Record<string, string> = {
      "provider/v4/cmd/pulumi-resource-kubernetes/schema.json": "a schema",
      "provider/v4/cmd/pulumi-resource-kubernetes/terraform-mapping.json": "a mapping",
      "sdk/v4/go.mod": "module sdk",
      "sdk/v4/go/kubernetes/yaml/v2/init.go": "their init",
      [`sdk/v4/${kinds}`]: "their kinds",
    };
    for (const [file, text] of Object.entries(theirs)) {
      const path = join(world.folder, "modules", "github.com/pulumi/pulumi-kubernetes", file);
      mkdirSync(dirname(path), { recursive: true });
      // As in Go's cache of modules.
      writeFileSync(path, text, { mode: 0o444 });
    }
    const seen = join(world.folder, "seen");
    world.playGo(`cp -r . ${seen}; echo built > "$OUT"`);
    await buildParts([provider]);
    const read = (file: string): string => readFileSync(join(seen, file), "utf8");
    assert.equal(read("schema.json"), "a schema");
    assert.equal(read("terraform-mapping.json"), "a mapping");
    assert.equal(read("sdk/go.mod"), "module sdk");
    assert.equal(read("sdk/go/kubernetes/yaml/v2/init.go"), "their init");
    const ours = join(goModules, "pulumi-kubernetes");
    assert.equal(read(`sdk/${kinds}`), readFileSync(join(ours, "sdk", kinds), "utf8"));
    assert.equal(read("main.go"), readFileSync(join(ours, "main.go"), "utf8"));
    assert.match(
      readFileSync(join(world.folder, "calls"), "utf8"),
      /^mod edit -replace=github\.com\/pulumi\/pulumi-kubernetes\/sdk\/v4=\.\/sdk$/m,
    );
    assert.equal(existsSync(join(ours, "schema.json")), false);
    assert.deepEqual(readdirSync(builtFolder(provider)), ["pulumi-resource-kubernetes"]);
    assert.deepEqual(world.leftovers(), []);
  });

  it("leaves nothing of a build that failed half-way, and keeps what go said", async () => {
    world.playGo('echo half > "$OUT"; echo "first line" >&2; echo "main.go:1: undefined: x" >&2; exit 1');
    const log = join(world.cache, "logs", "etcd.log");
    await assert.rejects(
      build,
      userError(new RegExp(`^etcd 3\\.7\\.3 could not be built: main\\.go:1: undefined: x.*${log}$`)),
    );
    nothingLeft();
    assert.equal(readFileSync(log, "utf8"), "first line\nmain.go:1: undefined: x\n");
  });

  it("lets the go tool use a C++ compiler for what is written in it, and for nothing else", async () => {
    world.playGo('echo "$CGO_ENABLED" > "$OUT"');
    const ollama = partNamed("ollama");
    await buildParts([ollama]);
    await build();
    const built = [ollama, etcd].map((part) => readFileSync(join(builtFolder(part), part.name), "utf8"));
    assert.deepEqual(built, ["1\n", "0\n"]);
  });

  const failures: [string, RegExp][] = [
    [
      'cgo: C compiler "gcc" not found: exec: "gcc": executable file not found in $PATH',
      /partly in C\+\+, .*: install gcc and g\+\+ \(Debian: build-essential\)/,
    ],
    ["write /x/y: no space left on device", /the disk is full: free some space.*VLLM_PLATFORM_CACHE/],
    ["verifying example.org/x@v1.0.0: checksum mismatch", /not the one whose sum is committed.*GOPROXY/],
    [
      "reading https://127.0.0.1/x/@v/list: 403 Forbidden",
      /refuses: name a module proxy that is allowed in GOPROXY/,
    ],
    ["proxyconnect tcp: Proxy Authentication Required", /refuses: .*HTTPS_PROXY/],
    ["dial tcp: lookup proxy.example: no such host", /cannot be reached: check the network/],
    ["example.org/x@v1.0.0: module lookup disabled by GOPROXY=off", /GOPROXY=off forbids/],
    ["compile: signal: killed", /killed, most likely because memory ran out/],
  ];
  for (const [line, sentence] of failures) {
    it(`explains “${line}”`, async () => {
      world.playGo(`echo '${line}' >&2; exit 1`);
      await assert.rejects(build, userError(sentence));
      nothingLeft();
    });
  }

  it("ends when its signal fires, and leaves nothing", async () => {
    world.playGo('echo half > "$OUT"; echo begun; exec sleep 600');
    const abort = new AbortController();
    const building = buildParts([etcd], {
      signal: abort.signal,
      note: () => abort.abort(new Error("stopped")),
    });
    await assert.rejects(building, /stopped/);
    nothingLeft();
  });

  it("hands the user's module proxy on, and what decides the result is its own", async () => {
    process.env.GOPROXY = "https://proxy.invalid";
    process.env.GOOS = "plan9";
    mkdirSync(join(world.folder, "out"));
    try {
      world.playGo(`echo "$GOPROXY $GOOS $CGO_ENABLED $GOFLAGS" > "$OUT"`);
      await build();
    } finally {
      delete process.env.GOPROXY;
      delete process.env.GOOS;
    }
    assert.equal(
      readFileSync(join(builtFolder(etcd), "etcd"), "utf8").trim(),
      `https://proxy.invalid ${process.platform} 0 -mod=readonly -buildvcs=false`,
    );
  });
});
