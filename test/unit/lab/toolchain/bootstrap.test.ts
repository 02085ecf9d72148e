// Does not prove that npm can install the packages: a small script plays the part of npm.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { identify } from "../../../../system/identify.mjs";
import { noProcess } from "../../../support/no-process.ts";

const project = fileURLToPath(new URL("../../../../", import.meta.url));

describe("bootstrap", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "bootstrap-"));
    mkdirSync(join(root, "lab/toolchain"), { recursive: true });
    mkdirSync(join(root, "bin"));
    mkdirSync(join(root, "system"));
    for (const file of ["lab/toolchain/bootstrap.mjs", "system/identify.mjs", "system/lock.mjs"]) {
      copyFileSync(join(project, file), join(root, file));
    }
    writeFileSync(join(root, "package-lock.json"), "{}");
    writeFileSync(
      join(root, "program.mjs"),
      "console.log(process.argv.slice(2).join('|')); process.exitCode = 7;",
    );
    playNpm(`mkdir -p node_modules; echo "$@" >> calls`);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function playNpm(lines: string): void {
    writeFileSync(join(root, "bin", "npm"), `#!/bin/sh\n${lines}\n`);
    chmodSync(join(root, "bin", "npm"), 0o755);
  }

  function start(...args: string[]) {
    return spawnSync(process.execPath, [join(root, "lab/toolchain/bootstrap.mjs"), "program.mjs", ...args], {
      encoding: "utf8",
      env: { ...process.env, PATH: join(root, "bin") + delimiter + process.env.PATH },
    });
  }
  const calls = () => readFileSync(join(root, "calls"), "utf8").trim().split("\n");

  it("installs once, then again only when the lockfile has changed", () => {
    start();
    start();
    assert.equal(calls().length, 1);
    assert.match(calls()[0] ?? "", /--engine-strict=false/);
    writeFileSync(join(root, "package-lock.json"), '{"changed":true}');
    start();
    assert.equal(calls().length, 2);
  });

  it("takes this Node.js where npm has none for the machine, or says which one to install", () => {
    const fake = join(root, "fake.mjs");
    const of = (version: string) => {
      writeFileSync(
        fake,
        `Object.defineProperty(process.versions, "node", { value: "${version}" });
Object.defineProperty(process, "version", { value: "v${version}" });`,
      );
      const bootstrap = join(root, "lab/toolchain/bootstrap.mjs");
      return spawnSync(process.execPath, ["--import", fake, bootstrap, "program.mjs"], {
        encoding: "utf8",
        env: { ...process.env, PATH: join(root, "bin") + delimiter + process.env.PATH },
      });
    };
    for (const version of ["22.21.0", "24.5.0", "26.0.0"]) assert.equal(of(version).status, 7, version);
    for (const version of ["20.19.0", "22.20.0", "23.11.1", "24.4.1"]) {
      const { status, stderr } = of(version);
      assert.equal(status, 1, version);
      assert.match(
        stderr,
        /^npm has no Node\.js for \S+ \S+, and this one is v[\d.]+: install Node\.js 24\.5 or newer, or 22\.21 or newer of 22, and run the same command again\.$/m,
      );
    }
    assert.match(of("20.18.3").stderr, /^This is Node\.js v20\.18\.3, and 20\.19 or newer is needed/m);
  });

  it("passes arguments and exit status through", () => {
    const { status, stdout } = start("one", "two words");
    assert.equal(status, 7);
    assert.equal(stdout, "one|two words\n");
  });

  it("counts an installation that failed as none, and says why in one line", () => {
    playNpm(`mkdir -p node_modules; echo "npm error network is down" >&2; exit 1`);
    const { status, stderr } = start();
    assert.equal(status, 1);
    assert.match(
      stderr,
      /^npm could not install the packages: the registry cannot be reached: .*network is down$/m,
    );
    assert.doesNotMatch(stderr, /\n\s+at /);
    assert.equal(existsSync(join(root, "node_modules", ".installed-from")), false);
    playNpm(`echo again >> calls`);
    assert.equal(start().status, 7);
    assert.deepEqual(calls(), ["again"]);
  });

  const failures: [string, RegExp][] = [
    ["npm error code ENOSPC\nnpm error syscall write", /the disk is full: free some space/],
    ["npm error code EACCES\nnpm error syscall mkdir", /may not write there: fix the permissions/],
    [
      "npm error code EINTEGRITY\nnpm error sha512-x integrity checksum failed",
      /not the one whose sum is committed/,
    ],
    [
      "npm error code E403\nnpm error 403 Forbidden - GET https://x/y",
      /refuses: check npm's settings `registry`/,
    ],
    ["npm error code E407\nnpm error 407 Proxy Authentication Required", /a proxy before it refuses/],
    ["npm error code ENOTFOUND\nnpm error getaddrinfo ENOTFOUND x", /cannot be reached: check the network/],
    ["npm error code E404\nnpm error 404 Not Found - GET https://x/y", /does not have one of them/],
    ["npm error something new", /it says why below, .* npm says: something new/],
    ["", /npm says: it ended with status 1/],
  ];
  for (const [said, sentence] of failures) {
    it(`explains “${said.split("\n")[0]}”`, () => {
      playNpm(`cat >&2 <<'END'\n${said}\nEND\nexit 1`);
      const { status, stderr } = start();
      assert.equal(status, 1);
      assert.match(stderr, sentence);
      assert.match(stderr, /then run the same command again\./);
      assert.equal(stderr.trim().split("\n").length, 2);
    });
  }

  const lock = ".installing.json";
  const lockedBy = (pid: number | undefined, identity: string | undefined): void =>
    writeFileSync(join(root, lock), JSON.stringify({ pid, identity, title: "npm install" }));

  it("takes over the lock of a command that was killed", () => {
    lockedBy(noProcess, "1");
    assert.equal(start().status, 7);
    assert.equal(existsSync(join(root, lock)), false);
  });

  it("takes over the lock of a command whose id is another process's by now", () => {
    lockedBy(process.pid, "of another time");
    assert.equal(start().status, 7);
  });

  it("installs once where several take over such a lock at the same moment", async () => {
    playNpm(`mkdir -p node_modules; echo "$@" >> calls; sleep 0.3`);
    lockedBy(process.pid, "of another time");
    const program = [join(root, "lab/toolchain/bootstrap.mjs"), "program.mjs"];
    const env = { ...process.env, PATH: join(root, "bin") + delimiter + process.env.PATH };
    const several = Array.from({ length: 4 }, () =>
      spawn(process.execPath, program, { env, stdio: "ignore" }),
    );
    assert.deepEqual(await Promise.all(several.map((one) => once(one, "exit"))), Array(4).fill([7, null]));
    assert.equal(calls().length, 1);
  });

  it("waits for a living command of the same clone, and says so", async () => {
    const other = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    await once(other, "spawn");
    lockedBy(other.pid, identify(other.pid ?? 0));
    const waiting = spawn(process.execPath, [join(root, "lab/toolchain/bootstrap.mjs"), "program.mjs"], {
      env: { ...process.env, PATH: join(root, "bin") + delimiter + process.env.PATH },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const [said] = (await once(waiting.stderr, "data")) as [Buffer];
    assert.match(said.toString(), /^Another command of this clone installs the packages; waiting for it/);
    other.kill("SIGKILL");
    assert.deepEqual(await once(waiting, "exit"), [7, null]);
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`passes ${signal} on and waits for the program`, async () => {
      writeFileSync(
        join(root, "program.mjs"),
        `setInterval(() => {}, 1000); process.on("${signal}", () => process.exit(5)); console.log("ready");`,
      );
      const running = spawn(process.execPath, [join(root, "lab/toolchain/bootstrap.mjs"), "program.mjs"], {
        env: { ...process.env, PATH: join(root, "bin") + delimiter + process.env.PATH },
        stdio: ["ignore", "pipe", "pipe"],
      });
      await once(running.stdout, "data");
      running.kill(signal);
      assert.deepEqual(await once(running, "exit"), [5, null]);
    });
  }
});
