// n8n's own expressions, from the packages that npm has installed into a folder with the task runner.
import { createRequire } from "node:module";
import { join } from "node:path";
import type { N8nNode, N8nWorkflow } from "./workflow.ts";

interface Engine {
  expression: { getParameterValue(...args: unknown[]): unknown };
  getNode(name: string): unknown;
}

/**
 * Evaluates an expression of a workflow's node.
 * @param items the item of each node that has run before it, by name; `own` is what the node itself got
 */
export function evaluateInN8n(
  folder: string,
  workflow: N8nWorkflow,
  { name }: N8nNode,
  expression: string,
  own: object,
  items: Readonly<Record<string, object>>,
): unknown {
  const { Workflow } = createRequire(import.meta.url)(join(folder, "node_modules/n8n-workflow")) as {
    Workflow: new (parts: object) => Engine;
  };
  const description = { properties: [], outputs: ["main"], inputs: ["main"], group: [] };
  const engine = new Workflow({
    ...structuredClone(workflow), // the parameters that no description has are dropped
    id: "1",
    nodeTypes: { getByNameAndVersion: () => ({ description }), getKnownTypes: () => ({}) },
  });
  const main = (json: object) => ({ main: [[{ json }]] });
  const ran = { startTime: 0, executionTime: 0, executionIndex: 0, source: [] };
  const runData = Object.fromEntries(
    Object.entries(items).map(([node, json]) => [node, [{ ...ran, data: main(json) }]]),
  );
  const run = { resultData: { runData }, executionData: { contextData: {} } };
  const executeData = { data: main(own), node: engine.getNode(name), source: null };
  return engine.expression.getParameterValue(
    expression,
    run,
    ...[0, 0, name, [{ json: own }], "manual", {}],
    executeData,
  );
}
