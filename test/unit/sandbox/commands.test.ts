// Does NOT prove what the commands do in a sandbox; here there is none, and the toolchain's cache is empty.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../../sandbox/paths.ts";
import { Folder } from "./fixtures.ts";

describe("the sandbox's commands", () => {
  let folder: Folder;
  before(() => {
    folder = new Folder();
  });
  after(() => folder.remove());

  function run(file: string, ...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
    const env = {
      ...process.env,
      VLLM_PLATFORM_SANDBOX: join(folder.dir, "sandbox"),
      VLLM_PLATFORM_CACHE: join(folder.dir, "cache"),
    };
    return new Promise((resolve) => {
      execFile(process.execPath, [join(projectRoot, file), ...args], { env }, (error, stdout, stderr) =>
        resolve({ status: Number(error?.code ?? 0), stdout, stderr }),
      );
    });
  }

  it("are all npm scripts, each with its file", () => {
    const { scripts } = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    const files = Object.values(scripts).flatMap((script) => /bootstrap\.mjs (\S+)/.exec(script)?.[1] ?? []);
    for (const file of files) assert.ok(statSync(join(projectRoot, file)).isFile(), file);
    for (const name of ["start", "stop", "clean", "env", "kubectl", "main"]) {
      assert.ok(files.includes(`sandbox/${name}.ts`), name);
    }
  });

  const commands: [string, string[], number, string, string][] = [
    ["stop", [], 0, "There is no sandbox.\n", ""],
    ["env", [], 1, "", "The sandbox is not running; start it with `npm start`.\n"],
    ["kubectl", ["get", "pods"], 1, "", "The sandbox is not running; start it with `npm start`.\n"],
    ["main", ["node", "off"], 1, "", "The sandbox is not running; start it with `npm start`.\n"],
    ["sync", [], 1, "", "The toolchain is incomplete; run `npm start`.\n"],
  ];
  for (const [name, args, status, stdout, stderr] of commands) {
    it(`${[name, ...args].join(" ")} says what to do where nothing runs`, async () => {
      assert.deepEqual(await run(`sandbox/${name}.ts`, ...args), { status, stdout, stderr });
    });
  }

  it("clean has nothing to do, and says where it looked", async () => {
    const { status, stdout } = await run("sandbox/clean.ts", "--cache");
    assert.equal(status, 0);
    assert.equal(
      stdout,
      `There is no folder of the sandbox (${join(folder.dir, "sandbox")}).\nThere is no folder of the toolchain (${join(folder.dir, "cache")}).\n`,
    );
  });

  it("sandbox refuses what it cannot simulate, with what it can", async () => {
    const scenario = await run("sandbox/main.ts", "scenario", "nope");
    assert.equal(scenario.status, 1);
    assert.match(scenario.stderr, /^There is no scenario nope\. The scenarios are healthy, image-missing, /);
    assert.match((await run("sandbox/main.ts", "node", "dim")).stderr, /It must be one of on, off\./);
    assert.match(
      (await run("sandbox/main.ts", "scenario", "healthy", "--load-seconds", "-1")).stderr,
      /a number of seconds from 0 to 3600/,
    );
  });

  it("explain themselves", async () => {
    for (const name of ["start", "clean", "main"]) {
      const { status, stdout } = await run(`sandbox/${name}.ts`, "--help");
      assert.equal(status, 0);
      assert.match(stdout, /^Usage: npm (start|run \w+) --/);
    }
  });
});
