// Does NOT prove what the commands do in a sandbox; here there is none, and the toolchain's cache is empty.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../../../lab/sandbox/base/paths.ts";
import { marker } from "../../../../lab/toolchain/base/own-folder.ts";
import { type Finished, finish } from "../../../../system/processes.ts";
import { Folder } from "./fixtures.ts";

describe("the sandbox's commands", () => {
  let folder: Folder;
  before(() => {
    folder = new Folder();
  });
  after(() => folder.remove());

  function run(file: string, ...args: string[]): Promise<Finished> {
    const env = {
      ...process.env,
      VLLM_PLATFORM_SANDBOX: join(folder.dir, "sandbox"),
      VLLM_PLATFORM_CACHE: join(folder.dir, "cache"),
    };
    return finish(process.execPath, [join(projectRoot, file), ...args], { env });
  }

  it("are all npm scripts, each with its file", () => {
    const { scripts } = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    const files = Object.values(scripts).flatMap((script) => /bootstrap\.mjs (\S+)/.exec(script)?.[1] ?? []);
    assert.ok(files.length > 10);
    for (const file of files) assert.ok(statSync(join(projectRoot, file)).isFile(), file);
    for (const name of ["start", "stop", "clean", "env", "kubectl", "simulate"]) {
      assert.ok(files.includes(`lab/sandbox/commands/${name}.ts`), name);
    }
  });

  const commands: [string, string[], number, string, string][] = [
    ["stop", [], 0, "There is no sandbox.\n", ""],
    ["env", [], 1, "", "The sandbox is not running; start it with `npm start`.\n"],
    ["kubectl", ["get", "pods"], 1, "", "The sandbox is not running; start it with `npm start`.\n"],
    ["simulate", ["node", "off"], 1, "", "The sandbox is not running; start it with `npm start`.\n"],
    ["sync", [], 1, "", "The toolchain is incomplete; run `npm start`.\n"],
  ];
  for (const [name, args, status, stdout, stderr] of commands) {
    it(`${[name, ...args].join(" ")} says what to do where nothing runs`, async () => {
      assert.deepEqual(await run(`lab/sandbox/commands/${name}.ts`, ...args), { status, stdout, stderr });
    });
  }

  it("simulate status says what is simulated also where nobody has changed it", async () => {
    const { status, stdout } = await run("lab/sandbox/commands/simulate.ts", "status");
    assert.equal(status, 0);
    const [first, ...rest] = stdout.split("\n");
    assert.equal(first, "The sandbox is not running.");
    assert.deepEqual(JSON.parse(rest.join("\n")), {
      scenario: { name: "healthy" },
      node: "on",
      gpu: "present",
      gpuNode: "simulated",
    });
  });

  it("clean has nothing to do, and says where it looked", async () => {
    const { status, stdout } = await run("lab/sandbox/commands/clean.ts", "--cache");
    assert.equal(status, 0);
    assert.equal(
      stdout,
      `There is no folder of the sandbox (${join(folder.dir, "sandbox")}).\nThere is no folder of the toolchain (${join(folder.dir, "cache")}).\n`,
    );
  });

  describe("clean", () => {
    const place = (name: string): string => join(folder.dir, name);
    const filled = (name: string, ...files: string[]): void => {
      mkdirSync(place(name));
      for (const file of files) writeFileSync(join(place(name), file), "");
    };
    afterEach(() => {
      for (const name of ["sandbox", "cache"]) rmSync(place(name), { recursive: true, force: true });
    });

    it("removes nothing where a folder is somebody else's, and says which and what to do", async () => {
      filled("sandbox", "mine", "also mine", "ports.json");
      filled("cache", marker);
      for (const args of [[], ["--cache"]]) {
        assert.deepEqual(await run("lab/sandbox/commands/clean.ts", ...args), {
          status: 1,
          stdout: "",
          stderr: `${place("sandbox")} is not removed: it holds other things (also mine, mine), and nothing says that it was made for the sandbox. Correct VLLM_PLATFORM_SANDBOX, or remove by hand what is not needed there.\n`,
        });
      }
      assert.deepEqual(readdirSync(place("sandbox")).sort(), ["also mine", "mine", "ports.json"]);
      assert.deepEqual(readdirSync(place("cache")), [marker]);
    });

    it("removes no cache that is somebody else's, and no sandbox before it", async () => {
      filled("sandbox", marker);
      filled("cache", "a", "b", "c", "d", "parts");
      const { status, stderr } = await run("lab/sandbox/commands/clean.ts", "--cache");
      assert.equal(status, 1);
      assert.match(
        stderr,
        /cache is not removed: it holds other things \(a, b, c and 1 more\), .*VLLM_PLATFORM_CACHE/,
      );
      assert.deepEqual(readdirSync(place("sandbox")), [marker]);
      assert.equal(readdirSync(place("cache")).length, 5);
    });

    it("removes both where they are marked, whatever else is in them", async () => {
      filled("sandbox", marker, "whatever");
      filled("cache", marker, "whatever");
      const { status, stdout } = await run("lab/sandbox/commands/clean.ts", "--cache");
      assert.equal(status, 0);
      assert.match(stdout, /^Removed the sandbox: .*\nRemoved the toolchain: .*\n$/);
      assert.deepEqual([existsSync(place("sandbox")), existsSync(place("cache"))], [false, false]);
    });

    it("leaves an empty folder, which may be anybody's", async () => {
      filled("sandbox");
      assert.match((await run("lab/sandbox/commands/clean.ts")).stdout, /^There is no folder of the sandbox/);
      assert.deepEqual(readdirSync(place("sandbox")), []);
    });
  });

  it("start and toolchain put nothing into a folder that is somebody else's", async () => {
    for (const [name, file] of [
      ["sandbox", "lab/sandbox/commands/start.ts"],
      ["cache", "lab/toolchain/main.ts"],
    ] as const) {
      mkdirSync(join(folder.dir, name));
      writeFileSync(join(folder.dir, name, "mine"), "");
      const { status, stderr } = await run(file);
      assert.equal(status, 1);
      assert.match(stderr, /holds other things \(mine\): name a new or an empty folder in VLLM_PLATFORM_/);
      assert.deepEqual(readdirSync(join(folder.dir, name)), ["mine"]);
      rmSync(join(folder.dir, name), { recursive: true });
    }
  });

  it("sandbox refuses what it cannot simulate, with what it can", async () => {
    const scenario = await run("lab/sandbox/commands/simulate.ts", "scenario", "nope");
    assert.equal(scenario.status, 2);
    assert.match(
      scenario.stderr,
      / .nope. is invalid for .*\. It must be one of healthy, image-missing, .*\.$/m,
    );
    const nearly = await run("lab/sandbox/commands/simulate.ts", "scenario", "image-mising");
    assert.match(nearly.stderr, / Is image-missing meant\?$/m);
    assert.match(
      (await run("lab/sandbox/commands/simulate.ts", "node", "dim")).stderr,
      /It must be one of on, off\./,
    );
    assert.match(
      (await run("lab/sandbox/commands/simulate.ts", "scenario", "healthy", "--load-seconds", "-1")).stderr,
      /a number of seconds from 0 to 3600/,
    );
  });

  it("kubectl's help is kubectl's own, so it needs the sandbox", async () => {
    assert.equal((await run("lab/sandbox/commands/kubectl.ts", "--help")).status, 1);
  });
});

describe("every npm script that is a program of the project", () => {
  const { scripts } = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const programs = Object.entries(scripts).flatMap(([name, script]) => {
    const words = /bootstrap\.mjs (.+)$/.exec(script)?.[1]?.split(" ");
    return words === undefined || name === "kubectl" ? [] : [[name, words] as const];
  });

  for (const [name, words] of programs) {
    it(`${name} explains itself, and does nothing where it is asked for what it does not know`, async () => {
      // None of these folders exists, and none is made.
      const nowhere = join(projectRoot, "nowhere");
      const env = { ...process.env, VLLM_PLATFORM_SANDBOX: nowhere, VLLM_PLATFORM_CACHE: nowhere };
      const run = (word: string) => finish(process.execPath, [...words, word], { env, cwd: projectRoot });
      const [help, unknown] = await Promise.all([run("--help"), run("--nonsense")]);
      assert.deepEqual([help.status, help.stderr], [0, ""]);
      assert.match(help.stdout, /^Usage: npm (start|test|run( -s)? \S+) -- /);
      if (name === "set-secret") {
        assert.deepEqual([unknown.status, unknown.stdout], [2, ""]);
        assert.doesNotMatch(unknown.stderr, /nonsense/, "what is unknown may be the secret");
      } else {
        // 2 of a preview says that something changes.
        assert.deepEqual([unknown.status, unknown.stdout], [name === "preview" ? 1 : 2, ""]);
        assert.match(unknown.stderr, /unknown option '--nonsense'\n\(npm .* -- --help tells more\)\n$/);
      }
      assert.equal(existsSync(nowhere), false);
    });
  }
});
