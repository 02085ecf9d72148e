// Does NOT prove what the command does that brings the copies up to date: a script plays it, and pulumi.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { shimText, writeShims } from "../../../../../lab/sandbox/pulumi/shim.ts";
import { Folder } from "../fixtures.ts";

describe("the commands of the sandbox's shell", () => {
  let folder: Folder;
  let tracked: string;
  let copied: string;
  let shim: string;
  beforeEach(() => {
    folder = new Folder();
    tracked = join(folder.dir, "a clone's folder");
    copied = join(folder.dir, "copies");
    for (const dir of [tracked, copied]) {
      mkdirSync(dir);
      for (const name of ["Pulumi.yaml", "Pulumi.ml.yaml"]) writeFileSync(join(dir, name), name);
    }
    const pulumi = folder.script(
      "real pulumi",
      `echo "$TMPDIR $GOGC" >${folder.dir}/variables; echo "$VLLM_PLATFORM_PROJECT $PULUMI_OPTION_CWD" >${folder.dir}/project; for word in "$@"; do echo "<$word>"; done; exit 7`,
    );
    const sync = ["/bin/sh", folder.script("sync", `echo synced $1; exit "$(cat ${folder.dir}/status)"`)];
    writeFileSync(join(folder.dir, "status"), "0");
    shim = folder.script(
      "shim",
      shimText({
        tracked,
        copied,
        command: [pulumi],
        sync,
        temporary: "/the sandbox/tmp",
        project: "/the sandbox/project",
        apiServer: join(folder.dir, "pid"),
      }).replace("#!/bin/sh\n", ""),
    );
  });
  afterEach(() => folder.remove());

  function run(...args: string[]) {
    const { status, stdout } = spawnSync(shim, args, { encoding: "utf8" });
    return { status, lines: stdout.split("\n").filter((line) => line !== "") };
  }

  const errors = (...args: string[]): string => spawnSync(shim, args, { encoding: "utf8" }).stderr;

  it("becomes the real one, with its arguments and its exit status", () => {
    assert.deepEqual(run("up", "two words", "*"), { status: 7, lines: ["<up>", "<two words>", "<*>"] });
    assert.equal(readFileSync(join(folder.dir, "variables"), "utf8"), "/the sandbox/tmp off\n");
  });

  const changes: [string, () => void][] = [
    ["changed", () => writeFileSync(join(tracked, "Pulumi.ml.yaml"), "other")],
    ["changed in the project", () => writeFileSync(join(tracked, "Pulumi.yaml"), "other")],
    ["new", () => writeFileSync(join(tracked, "Pulumi.new.yaml"), "new")],
    ["gone", () => rmSync(join(tracked, "Pulumi.ml.yaml"))],
  ];
  for (const [what, change] of changes) {
    it(`has the copies brought up to date first when a tracked file is ${what}`, () => {
      change();
      assert.deepEqual(run("up").lines, ["synced", "<up>"]);
    });
  }

  it("does not go on with copies that could not be brought up to date", () => {
    writeFileSync(join(tracked, "Pulumi.ml.yaml"), "other");
    writeFileSync(join(folder.dir, "status"), "3");
    assert.deepEqual(run("up"), { status: 3, lines: ["synced"] });
  });

  for (const words of [
    ["config", "set", "a", "1"],
    ["stack", "init", "x"],
    ["config", "set", "stack", "output"],
    ["up", "-c", "a=1"],
    ["up", "--config=a=1"],
  ]) {
    it(`has a look at what ${words.join(" ")} has written, whatever came of it`, () => {
      assert.deepEqual(run(...words), {
        status: 7,
        lines: [...words.map((word) => `<${word}>`), "synced afterwards"],
      });
    });
  }

  for (const words of [
    ["stack", "output", "model", "-s", "ml"],
    ["-s", "ml", "stack", "export"],
    ["stack", "ls"],
  ]) {
    it(`knows that ${words.join(" ")} writes nothing`, () => {
      assert.deepEqual(run(...words), { status: 7, lines: words.map((word) => `<${word}>`) });
    });
  }

  it("leads from the stack files into the project, and from no other folder", () => {
    // A program of the project's names its own to pulumi as the folder to work in.
    const project = (value: string): string => {
      const env = { ...process.env, VLLM_PLATFORM_PROJECT: value, PULUMI_OPTION_CWD: value };
      spawnSync(shim, ["up"], { env });
      return readFileSync(join(folder.dir, "project"), "utf8").trim();
    };
    assert.equal(project(tracked), "/the sandbox/project /the sandbox/project");
    assert.equal(project("/another"), "/another /another");
  });

  it("says that the sandbox does not run, where its API server has ended", () => {
    assert.equal(errors("up"), "");
    writeFileSync(join(folder.dir, "pid"), `${process.pid}\n`);
    assert.equal(errors("up"), "");
    writeFileSync(join(folder.dir, "pid"), `${spawnSync("true").pid}\n`);
    assert.equal(errors("up"), "The sandbox is not running; npm start starts it.\n");
    for (const word of ["plan", "--help", "config"]) assert.equal(errors(word), "");
    assert.equal(errors("stack", "output"), "");
  });

  const commands = [
    ["pulumi", /exec \/toolchain\/pulumi "\$@"/],
    ["gpu-mode", /exec \S+ '.*\/cli\/gpu-mode\.mjs' "\$@"/],
  ] as const;
  for (const [name, becomes] of commands) {
    it(`is written executable as ${name}, and names what brings the copies up to date`, async () => {
      await writeShims(folder.paths, "/toolchain/pulumi", tracked);
      const file = join(folder.paths.bin, name);
      assert.equal(statSync(file).mode & 0o777, 0o755);
      const text = readFileSync(file, "utf8");
      assert.match(text, becomes);
      const sync = /^sync\(\) \{ (\S+) (\S+) "\$@"; \}$/m.exec(text);
      assert.ok(statSync(sync?.[1] ?? "").isFile());
      assert.ok(statSync(sync?.[2] ?? "").isFile(), text);
    });
  }
});
