// The example workflow as n8n exports one, and what its expressions must give, whoever evaluates them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../../lab/sandbox/base/paths.ts";

export interface N8nNode {
  id: string;
  name: string;
  type: string;
  typeVersion: number;
  position: [number, number];
  parameters: Record<string, unknown>;
  credentials?: unknown;
}

export interface N8nWorkflow {
  nodes: N8nNode[];
  connections: Record<string, { main: { node: string; type: string; index: number }[][] }>;
}

export function exampleWorkflow(): N8nWorkflow {
  return JSON.parse(readFileSync(join(projectRoot, "examples/n8n/gpu-or-cpu.json"), "utf8")) as N8nWorkflow;
}

export function nodeOf({ nodes }: N8nWorkflow, name: string): N8nNode {
  return nodes.find((one) => one.name === name) ?? assert.fail(`no node ${name}`);
}

/** What evaluates an expression of a node, with the item that it got, and those of the nodes before it. */
export type Evaluate = (
  node: N8nNode,
  expression: string,
  own: object,
  items: Record<string, object>,
) => unknown;

/** Declares the cases of the expressions. */
export function expressionCases(evaluate: Evaluate): void {
  const workflow = exampleWorkflow();

  it("asks either server by the same body, without a stream", () => {
    for (const name of ["vLLM", "Ollama"]) {
      const node = nodeOf(workflow, name);
      const own = { endpoint: "http://there/v1/chat/completions", model: "default", mode: "gpu" };
      const items = { Start: {}, Prompt: { prompt: 'Say "hello".' }, "GPU or CPU": own, "GPU?": own };
      const body = evaluate(node, String(node.parameters.jsonBody), own, items);
      assert.deepEqual(JSON.parse(String(body)), {
        model: "default",
        stream: false,
        messages: [{ role: "user", content: 'Say "hello".' }],
      });
      assert.equal(evaluate(node, String(node.parameters.url), own, items), own.endpoint);
    }
  });

  it("reads the answer of OpenAI's format and of Ollama's into one field", () => {
    const node = nodeOf(workflow, "Answer");
    const { assignments } = node.parameters.assignments as { assignments: { value: string }[] };
    const [answer, mode] = assignments.map(({ value }) => value);
    for (const own of [
      { choices: [{ message: { role: "assistant", content: "Hello." } }] },
      { choices: [{ text: "Hello." }] },
      { model: "llama3.2:1b", message: { role: "assistant", content: "Hello." }, done: true },
      { model: "llama3.2:1b", response: "Hello.", done: true },
    ]) {
      const items = { Start: {}, Prompt: {}, "GPU or CPU": { mode: "cpu" }, "GPU?": {}, Ollama: own };
      assert.equal(evaluate(node, answer ?? "", own, items), "Hello.");
      assert.equal(evaluate(node, mode ?? "", own, items), "cpu");
    }
  });
}
