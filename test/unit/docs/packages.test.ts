// Does NOT prove that these packages are enough, which is what a run of .ci/run on a machine without them shows.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../../lab/sandbox/base/paths.ts";

const read = (file: string): string => readFileSync(join(projectRoot, file), "utf8");

describe("the Debian packages of the README", () => {
  it("are those that .ci/run installs", () => {
    const [, named = ""] = /`apt-get install ([^`]+)`/.exec(read("README.md")) ?? [];
    const installed = [...read(".ci/run").matchAll(/^needs ([\w-]+) /gm)].map(([, name]) => name);
    assert.ok(installed.length > 5);
    assert.deepEqual(named.split(" ").sort(), installed.sort());
  });
});
