// Does NOT prove how long a program takes; it proves that none of them waits for what the schema of the settings is made of.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../../../lab/sandbox/base/paths.ts";
import { finish } from "../../../../system/processes.ts";

/** As the components name them to the engine. */
const programs = globSync("components/*.ts", { cwd: projectRoot })
  .flatMap((file) => [...readFileSync(join(projectRoot, file), "utf8").matchAll(/"node (\S+\.ts)"/g)])
  .map(([, program = ""]) => program);

/** Prints each package that the program loads, whatever it makes of an environment that hands nothing over. */
const watching = `
  import { registerHooks } from "node:module";
  const loaded = new Set();
  process.on("exit", () => process.stdout.write("loaded " + [...loaded].join(" ") + "\\n"));
  registerHooks({
    load(url, context, next) {
      const [, name] = /\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url) ?? [];
      if (name !== undefined) loaded.add(name);
      return next(url, context);
    },
  });`;

describe("the programs of command resources", () => {
  it("are all of them looked at", () => assert.equal(programs.length, 6));

  for (const program of programs) {
    it(`load little: ${program}`, async () => {
      const args = ["--import", `data:text/javascript,${encodeURIComponent(watching)}`, program];
      const env = { PATH: process.env.PATH ?? "" };
      const { stdout, stderr } = await finish(process.execPath, args, { cwd: projectRoot, env });
      const [, loaded] = /^loaded (.*)$/m.exec(stdout) ?? assert.fail(stderr);
      assert.deepEqual(
        (loaded ?? "").split(" ").filter((name) => !["", "yaml", "leven"].includes(name)),
        [],
      );
    });
  }
});
