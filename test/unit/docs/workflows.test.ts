// Does NOT prove that GitHub runs the workflows so; what stands in them is judged.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { projectRoot } from "../../../lab/sandbox/base/paths.ts";

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}
interface Workflow {
  on: unknown;
  permissions?: Record<string, string>;
  jobs: Record<string, { "timeout-minutes"?: number; permissions?: object; steps: Step[] }>;
}

describe("GitHub's workflows", () => {
  for (const name of globSync(".github/workflows/*.yml", { cwd: projectRoot })) {
    const text = readFileSync(join(projectRoot, name), "utf8");
    const workflow = parse(text) as Workflow;
    const jobs = Object.values(workflow.jobs);
    const steps = jobs.flatMap((job) => job.steps);

    it(`${name}: a token that may only read, no secret, and never the base's rights for a fork's code`, () => {
      assert.deepEqual(workflow.permissions, { contents: "read" });
      assert.ok(jobs.every(({ permissions }) => permissions === undefined));
      assert.doesNotMatch(text, /pull_request_target|\bsecrets\./);
    });

    it(`${name}: every job ends, and every action is pinned by commit`, () => {
      assert.ok(jobs.every((job) => (job["timeout-minutes"] ?? Number.POSITIVE_INFINITY) <= 120));
      for (const { uses } of steps) {
        if (uses !== undefined) assert.match(uses, /^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
      }
    });

    it(`${name}: the checkout keeps no token, and no command is made of a pull request's text`, () => {
      for (const step of steps) {
        if (step.uses?.startsWith("actions/checkout@")) {
          assert.equal(step.with?.["persist-credentials"], false);
        }
        assert.doesNotMatch(step.run ?? "", /\$\{\{\s*github\.(event\.|head_ref)(?!_)/);
      }
    });
  }
});
