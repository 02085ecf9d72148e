// Does NOT prove that n8n imports the workflow: its form is held against what n8n exports, and its expressions are evaluated here.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { n8nWorkflow } from "../../../../stacks/clients/n8n-workflow.ts";
import { planFromFiles } from "../../../../stacks/index.ts";

const project = fileURLToPath(new URL("../../../..", import.meta.url));

interface Node {
  id: string;
  name: string;
  type: string;
  typeVersion: number;
  position: [number, number];
  parameters: Record<string, unknown>;
  credentials?: unknown;
}
interface Workflow {
  nodes: Node[];
  connections: Record<string, { main: { node: string; type: string; index: number }[][] }>;
}

const read = (text: string): Workflow => JSON.parse(text) as Workflow;
const example = read(readFileSync(join(project, "examples/n8n/gpu-or-cpu.json"), "utf8"));
const node = ({ nodes }: Workflow, name: string): Node =>
  nodes.find((one) => one.name === name) ?? assert.fail(`no node ${name}`);

/** An expression as n8n evaluates it: with the item, and with the first items of other nodes. */
function evaluate(expression: unknown, item: unknown, others: Record<string, unknown> = {}): unknown {
  const [, code] = /^=\{\{(.*)\}\}$/s.exec(String(expression)) ?? assert.fail(`no expression: ${expression}`);
  const of = (name: string) => ({ first: () => ({ json: others[name] }) });
  return new Function("$json", "$", `return (${code});`)(item, of);
}

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
      node(example, name);
    }
    assert.deepEqual(
      example.connections["GPU?"]?.main.map((output) => output.map((target) => target.node)),
      [["vLLM"], ["Ollama"]],
    );
  });

  it("runs the pattern that the ConfigMap holds", () => {
    const { fallback } = planFromFiles(project, "ml");
    assert.equal(node(example, "GPU or CPU").parameters.jsCode, fallback.FALLBACK_ROUTING_PATTERN);
  });

  it("sends the key by a credential of the GPU's request alone, and none where none is asked for", () => {
    const { credentials, parameters } = node(example, "vLLM");
    assert.deepEqual(credentials, { httpBearerAuth: { id: "", name: "vLLM API key" } });
    assert.equal(parameters.genericAuthType, "httpBearerAuth");
    assert.equal(node(example, "Ollama").credentials, undefined);
    const { fallback } = planFromFiles(project, "ml").settings;
    assert.doesNotMatch(n8nWorkflow(fallback, false), /credential|Bearer/i);
  });

  it("asks either server by the same body, without a stream", () => {
    for (const name of ["vLLM", "Ollama"]) {
      const { jsonBody, url } = node(example, name).parameters;
      const item = { endpoint: "http://there/v1/chat/completions", model: "default" };
      const body = evaluate(jsonBody, item, { Prompt: { prompt: 'Say "hello".' } });
      assert.deepEqual(JSON.parse(String(body)), {
        model: "default",
        stream: false,
        messages: [{ role: "user", content: 'Say "hello".' }],
      });
      assert.equal(evaluate(url, item), "http://there/v1/chat/completions");
    }
  });

  it("reads the answer of OpenAI's format and of Ollama's into one field", () => {
    const { assignments } = node(example, "Answer").parameters.assignments as {
      assignments: { name: string; value: string }[];
    };
    const [answer, mode] = assignments;
    for (const item of [
      { choices: [{ message: { role: "assistant", content: "Hello." } }] },
      { choices: [{ text: "Hello." }] },
      { model: "llama3.2:1b", message: { role: "assistant", content: "Hello." }, done: true },
      { model: "llama3.2:1b", response: "Hello.", done: true },
    ]) {
      assert.equal(evaluate(answer?.value, item), "Hello.");
    }
    assert.equal(evaluate(mode?.value, {}, { "GPU or CPU": { mode: "cpu" } }), "cpu");
  });
});
