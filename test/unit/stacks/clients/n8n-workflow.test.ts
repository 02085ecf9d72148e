// Does NOT prove that n8n imports the workflow: its form is held against what n8n exports, and its expressions are evaluated as JavaScript.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { n8nWorkflow } from "../../../../stacks/clients/n8n-workflow.ts";
import { planFromFiles } from "../../../../stacks/index.ts";
import { exampleWorkflow, expressionCases, nodeOf } from "../../../support/n8n/workflow.ts";

const project = fileURLToPath(new URL("../../../..", import.meta.url));

const example = exampleWorkflow();

describe("the workflow for n8n", () => {
  it("is made of nodes that n8n 1.90 and later have, each once, with connections among them alone", () => {
    assert.deepEqual(
      example.nodes.map(({ name, type, typeVersion }) => [
        name,
        type.replace("n8n-nodes-base.", ""),
        typeVersion,
      ]),
      [
        ["Start", "manualTrigger", 1],
        ["Prompt", "set", 3.4],
        ["GPU or CPU", "code", 2],
        ["GPU?", "if", 2.2],
        ["vLLM", "httpRequest", 4.2],
        ["Ollama", "httpRequest", 4.2],
        ["Answer", "set", 3.4],
      ],
    );
    assert.equal(new Set(example.nodes.map(({ id }) => id)).size, 7);
    assert.equal(new Set(example.nodes.map(({ position }) => String(position))).size, 7);
    const targets = Object.values(example.connections).flatMap(({ main }) => main.flat());
    for (const name of [...Object.keys(example.connections), ...targets.map((target) => target.node)]) {
      nodeOf(example, name);
    }
    assert.deepEqual(
      example.connections["GPU?"]?.main.map((output) => output.map((target) => target.node)),
      [["vLLM"], ["Ollama"]],
    );
  });

  it("runs the pattern that the ConfigMap holds", () => {
    const { fallback } = planFromFiles(project, "ml");
    assert.equal(nodeOf(example, "GPU or CPU").parameters.jsCode, fallback.FALLBACK_ROUTING_PATTERN);
  });

  it("sends the key by a credential of the GPU's request alone, and none where none is asked for", () => {
    const { credentials, parameters } = nodeOf(example, "vLLM");
    assert.deepEqual(credentials, { httpBearerAuth: { id: "", name: "vLLM API key" } });
    assert.equal(parameters.genericAuthType, "httpBearerAuth");
    assert.equal(nodeOf(example, "Ollama").credentials, undefined);
    const { fallback } = planFromFiles(project, "ml").settings;
    assert.doesNotMatch(n8nWorkflow(fallback, false), /credential|Bearer/i);
  });

  expressionCases((_node, expression, own, items) => {
    const [, code] = /^=\{\{(.*)\}\}$/s.exec(expression) ?? assert.fail(`no expression: ${expression}`);
    const of = (name: string) => ({ first: () => ({ json: items[name] }) });
    return new Function("$json", "$", `return (${code});`)(own, of);
  });
});
