// Does NOT prove a switch; it proves where the command looks for its project and for pulumi, and on which Node.js it runs.

import assert from "node:assert/strict";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { program } from "../../../cli/index.ts";
import { findPulumi } from "../../../engine/run.ts";
import { openProject } from "../../../operations/project.ts";
import { Ended } from "../../../system/errors.ts";
import { finish } from "../../../system/processes.ts";
import { compileCache } from "../../support/compile-cache.ts";

const project = join(import.meta.dirname, "../../..");
const command = join(project, "cli", "gpu-mode.mjs");

describe("the command gpu-mode", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "gpu-mode-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const run = (file: string, args: string[], env: NodeJS.ProcessEnv = {}) =>
    finish(file, args, { cwd: folder, env: { PATH: process.env.PATH, ...compileCache, ...env } });

  it("works through a link and from any folder, and its help names modes, examples and statuses", async () => {
    const link = join(folder, "gpu-mode");
    symlinkSync(command, link);
    const { status, stdout } = await run(link, ["--help"]);
    assert.equal(status, 0);
    assert.match(stdout, /^ {2}ml +serves Qwen\/Qwen2\.5-7B-Instruct-AWQ$/m);
    assert.match(stdout, /^ {2}gpu-mode gaming +give the GPU back/m);
    assert.match(stdout, /^ {2}5 +locked +another update is under way/m);
  });

  it("has help that keeps to the width of the terminal, for itself and each subcommand", () => {
    const whole = program(AbortSignal.abort());
    for (const one of [whole, ...whole.commands]) {
      const printed: string[] = [];
      one.configureOutput({ getOutHelpWidth: () => 80, writeOut: (text) => void printed.push(text) });
      one.outputHelp();
      const help = printed.join("");
      assert.match(help, /^Usage: gpu-mode /);
      assert.deepEqual(
        help.split("\n").filter((line) => line.length > 80),
        [],
      );
    }
  });

  it("tells a program, too, what it does not understand", async () => {
    for (const [args, message] of [
      [[], /missing required argument 'mode'/],
      [["ml", "r1"], /too many arguments/],
      [["plan", "--context", "abc"], /It must be a whole number of tokens/],
      [["status", "--nope"], /unknown option '--nope'/],
    ] as const) {
      const { status, stdout, stderr } = await run(process.execPath, [command, ...args, "--json"]);
      assert.equal(status, 2);
      const { schemaVersion, error } = JSON.parse(stdout) as {
        schemaVersion: number;
        error: { exit: string; message: string };
      };
      assert.equal(schemaVersion, 1);
      assert.equal(error.exit, "usage");
      assert.match(error.message, message);
      assert.ok(stderr.startsWith(`error: ${error.message}\n`), stderr);
    }
  });

  it("says its version, and which mode or command is probably meant", async () => {
    assert.match((await run(process.execPath, [command, "--version"])).stdout, /^\d+\.\d+\.\d+\n$/);
    for (const [args, meant] of [
      [["mll"], "ml"],
      [["statsu"], "status"],
      [["plan", "codr"], "coder"],
    ] as const) {
      const { status, stderr } = await run(process.execPath, [command, ...args]);
      assert.equal(status, 2);
      assert.ok(stderr.endsWith(` The modes are coder, gaming, ml, r1. Is ${meant} meant?\n`), stderr);
    }
    const { stderr } = await run(process.execPath, [command, "xy"]);
    assert.ok(stderr.endsWith(" The modes are coder, gaming, ml, r1.\n"), stderr);
  });

  it("says on an older Node.js what it needs, without a syntax error", async () => {
    // The version alone is changed: what is run before it is looked at is plain JavaScript.
    const older = join(folder, "older.mjs");
    writeFileSync(
      older,
      `Object.defineProperty(process.versions, "node", { value: "20.19.0" });\nObject.defineProperty(process, "version", { value: "v20.19.0" });`,
    );
    const fresh = join(folder, "clone", "cli", "gpu-mode.mjs");
    cpSync(command, fresh);
    for (const [program, way] of [
      [command, "run it as `npx gpu-mode` in the clone, which brings its own"],
      [fresh, "run `npm run -s render -- --help` in the clone, which installs the packages"],
    ] as const) {
      const { status, stdout, stderr } = await run(process.execPath, ["--import", older, program, "status"]);
      assert.deepEqual([status, stdout], [1, ""]);
      assert.match(stderr, /^gpu-mode needs Node\.js 22\.18 or newer, and \S+ is v20\.19\.0: .*\n$/);
      assert.ok(stderr.includes(`install a newer one, or ${way}`), stderr);
    }
  });

  it("says in a clone without packages by which command they come", async () => {
    const rooms = ["cli", "operations", "engine", "components", "cluster", "stacks", "system"];
    for (const name of ["package.json", ...rooms]) {
      cpSync(join(project, name), join(folder, "clone", name), { recursive: true });
    }
    const fresh = join(folder, "clone", "cli", "gpu-mode.mjs");
    assert.deepEqual(await run(process.execPath, [fresh, "status"]), {
      status: 1,
      stdout: "",
      stderr:
        "A package is missing: run `npm run -s render -- --help` in the clone, which installs the packages.\n",
    });
  });

  it("keeps what Node.js has compiled in the clone, and nothing in the folder where everybody may write", async () => {
    // The module prints the folder and ends the command.
    const spy = join(folder, "spy.mjs");
    writeFileSync(
      spy,
      `import module from "node:module";
process.on("exit", () => console.error(module.getCompileCacheDir() ?? "none"));`,
    );
    const { stderr } = await finish(process.execPath, ["--import", spy, command, "--help"], {
      env: { PATH: process.env.PATH, TMPDIR: folder },
    });
    assert.ok(stderr.startsWith(join(project, "node_modules")), stderr);
    assert.deepEqual(readdirSync(folder), ["spy.mjs"]);
  });

  it("finds its project by $VLLM_PLATFORM_PROJECT, then as pulumi is told to, then by its own place", () => {
    writeFileSync(join(folder, "Pulumi.yaml"), "name: vllm-platform\n");
    writeFileSync(join(folder, "Pulumi.one.yaml"), "config: {}\n");
    assert.deepEqual(openProject({ VLLM_PLATFORM_PROJECT: folder, PULUMI_OPTION_CWD: project }).modes, [
      "one",
    ]);
    assert.equal(openProject({ PULUMI_OPTION_CWD: folder }).folder, folder);
    assert.equal(openProject({}).folder, project);
    const sandbox = { VLLM_PLATFORM_FILES: project, PULUMI_OPTION_CWD: folder };
    for (const VLLM_PLATFORM_PROJECT of [project, folder]) {
      const { edited, withSecrets } = openProject({ ...sandbox, VLLM_PLATFORM_PROJECT });
      assert.deepEqual([edited, withSecrets], [project, folder]);
    }
    const another = join(project, "test/fixtures/everything");
    const { edited, withSecrets } = openProject({ ...sandbox, VLLM_PLATFORM_PROJECT: another });
    assert.deepEqual([edited, withSecrets], [another, another], "a project that is not the sandbox's");
    const gone = {
      VLLM_PLATFORM_FILES: join(folder, "nowhere"),
      VLLM_PLATFORM_PROJECT: join(folder, "nowhere"),
    };
    assert.throws(
      () => openProject({ ...sandbox, ...gone }),
      (error) =>
        error instanceof Ended && error.exit === "usage" && /There is no project in/.test(error.message),
    );
  });

  it("takes the first pulumi on PATH that can be run", () => {
    for (const [name, mode] of [
      ["first", 0o644],
      ["second", 0o755],
    ] as const) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, "pulumi"), "");
      chmodSync(join(folder, name, "pulumi"), mode);
    }
    mkdirSync(join(folder, "zeroth", "pulumi"), { recursive: true });
    const path = ["zeroth", "first", "second"].map((name) => join(folder, name)).join(delimiter);
    assert.equal(findPulumi(path), join(folder, "second", "pulumi"));
    assert.throws(() => findPulumi(join(folder, "first")), {
      name: "RefusedError",
      message: /PATH: there is no `pulumi` on it\. Install it/,
    });
  });
});
