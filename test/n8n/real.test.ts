// Does NOT prove what n8n makes of the items later on; without n8n's task runner it proves nothing.
import { evaluateInN8n } from "../support/n8n/expressions.ts";
import { routingCases } from "../support/n8n/routing-cases.ts";
import { startTaskRunner, type TaskRunner } from "../support/n8n/task-runner.ts";
import { exampleWorkflow, expressionCases } from "../support/n8n/workflow.ts";

const folder = process.env.VLLM_PLATFORM_N8N || undefined;

describe("the fallback pattern in n8n's own task runner", function () {
  this.timeout(60_000);
  if (folder === undefined) {
    it("is run only where VLLM_PLATFORM_N8N names its folder; see docs/environment.md");
    return;
  }
  let runner: TaskRunner;

  before(async () => {
    runner = await startTaskRunner(folder);
  });

  after(() => runner?.close());

  routingCases(() => runner);

  describe("and the workflow's expressions in its own", () => {
    const workflow = exampleWorkflow();
    expressionCases((...of) => evaluateInN8n(folder, workflow, ...of));
  });
});
