// Does NOT prove that GitHub runs the workflows so; what stands in them is judged.
import assert from "node:assert/strict";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { projectRoot } from "../../../lab/sandbox/base/paths.ts";
import { finish } from "../../../system/processes.ts";

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}
interface Job {
  "timeout-minutes"?: number;
  "runs-on": string;
  permissions?: Record<string, string>;
  steps: Step[];
}
interface Workflow {
  on: unknown;
  permissions?: Record<string, string>;
  jobs: Record<string, Job>;
}

/** All that may be written, by workflow and job. */
const mayWrite: Readonly<Record<string, string>> = {
  "preview-comment.yml: comment": "pull-requests",
  "drift.yml: tell": "issues",
};
const writes = (permissions: Record<string, string> = {}): string[] =>
  Object.entries(permissions).flatMap(([what, right]) => (right === "write" ? [what] : []));

describe("GitHub's workflows", () => {
  for (const path of globSync(".github/workflows/*.yml", { cwd: projectRoot })) {
    const name = path.split("/").at(-1) ?? "";
    const text = readFileSync(join(projectRoot, path), "utf8");
    const workflow = parse(text) as Workflow;
    const jobs = Object.entries(workflow.jobs);
    const steps = jobs.flatMap(([, job]) => job.steps);

    it(`${name}: no secret, no token that may write but in the jobs listed here, and never the base's rights for a fork's code`, () => {
      assert.ok(["{}", '{"contents":"read"}'].includes(JSON.stringify(workflow.permissions)));
      assert.doesNotMatch(text, /pull_request_target|\bsecrets\./);
      const found = jobs.flatMap(([job, { permissions }]) =>
        writes(permissions).map((what) => [`${name}: ${job}`, what] as const),
      );
      const listed = Object.entries(mayWrite).filter(([key]) => key.startsWith(`${name}:`));
      assert.deepEqual(found, listed);
    });

    it(`${name}: a job that may write runs scripts of ci/ alone, of the default branch, and on GitHub's machines`, () => {
      for (const [, job] of jobs.filter(([, { permissions }]) => writes(permissions).length > 0)) {
        const on = typeof workflow.on === "string" ? [workflow.on] : Object.keys(workflow.on as object);
        assert.ok(on.every((event) => ["workflow_run", "schedule", "workflow_dispatch"].includes(event)));
        assert.notEqual(job["runs-on"], "self-hosted");
        for (const { run, uses, with: inputs } of job.steps) {
          if (run !== undefined) assert.match(run, /^node ci\/[\w-]+\.ts( --\w+ "\$[\w/.]+")+$/);
          if (uses?.startsWith("actions/checkout@"))
            assert.equal(inputs?.ref ?? inputs?.repository, undefined);
          if (uses?.startsWith("actions/download-artifact@")) {
            // biome-ignore lint/suspicious/noTemplateCurlyInString: as the workflow has it
            assert.equal(inputs?.path, "${{ runner.temp }}/report");
          }
        }
      }
    });

    it(`${name}: every job ends, and every action is pinned by commit, with its version beside it`, () => {
      assert.ok(jobs.every(([, job]) => (job["timeout-minutes"] ?? Number.POSITIVE_INFINITY) <= 120));
      const uses = text.split("\n").filter((line) => /^\s*(- )?uses:/.test(line));
      assert.equal(uses.length, steps.filter((step) => step.uses !== undefined).length);
      for (const line of uses) assert.match(line, /uses: actions\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    });

    it(`${name}: the checkout keeps no token, and no command is made of an expression`, () => {
      for (const step of steps) {
        if (step.uses?.startsWith("actions/checkout@")) {
          assert.equal(step.with?.["persist-credentials"], false);
        }
        assert.doesNotMatch(step.run ?? "", /\$\{\{/);
      }
    });
  }

  it("hand over how a drift run ended, and do not fail for drift", async () => {
    const { jobs } = parse(
      readFileSync(join(projectRoot, ".github/workflows/drift.yml"), "utf8"),
    ) as Workflow;
    const look =
      jobs.look?.steps.find(({ run }) => run?.includes("gpu-mode"))?.run ?? assert.fail("no such step");
    const folder = mkdtempSync(join(tmpdir(), "vllm-platform-look-"));
    try {
      writeFileSync(join(folder, "npx"), '#!/bin/sh\necho "report of $*"\nexit "$ENDS"\n', { mode: 0o755 });
      for (const ends of ["0", "2", "4"]) {
        const { status } = await finish("bash", ["-e", "-c", look], {
          cwd: folder,
          env: {
            PATH: `${folder}:${process.env.PATH}`,
            ENDS: ends,
            GITHUB_OUTPUT: "output",
            GITHUB_STEP_SUMMARY: "summary",
          },
        });
        assert.equal(status, 0);
      }
      const text = (name: string): string => readFileSync(join(folder, name), "utf8");
      assert.equal(text("output"), "status=0\nstatus=2\nstatus=4\n");
      assert.equal(text("drift.md"), "report of gpu-mode drift --markdown\n");
      assert.equal(text("summary"), "report of gpu-mode drift --markdown\n".repeat(3));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("pin the same action everywhere at the same commit", () => {
    const all = globSync(".github/workflows/*.yml", { cwd: projectRoot }).flatMap((path) =>
      [...readFileSync(join(projectRoot, path), "utf8").matchAll(/uses: ([^@\s]+)@(.*)/g)].map(
        ([, action = "", pin = ""]) => [action, pin] as const,
      ),
    );
    const pins = Map.groupBy(all, ([action]) => action);
    assert.ok(pins.size > 5);
    for (const [action, found] of pins) {
      assert.equal(new Set(found.map(([, pin]) => pin)).size, 1, action);
    }
  });
});
