import { routingPattern } from "../plan/routing-pattern.ts";
import type { Settings } from "../settings/index.ts";

/** How long each may take to answer, in milliseconds: n8n's own default for a model, and more for a CPU. */
const timeoutMs = { gpu: 60_000, cpu: 300_000 };

/** Both servers take this body; Ollama would stream unless told. */
const body =
  '={{ JSON.stringify({ model: $json.model, stream: false, messages: [{ role: "user", content: $("Prompt").first().json.prompt }] }) }}';

/** The text of an answer: of chat and of completions as OpenAI has them, of Ollama's /api/chat and /api/generate. */
const text =
  "={{ $json.choices?.[0]?.message?.content ?? $json.choices?.[0]?.text ?? $json.message?.content ?? $json.response }}";

/**
 * A workflow to import into n8n: the pattern in a Code node, behind it a request to the one or the other, and one field for both
 * answers. The nodes and the kind of credential are those of n8n 1.90; later ones keep them.
 * @param asksForKey whether the server asks for a key: it is a credential, which a person fills in after the import
 */
export function n8nWorkflow(fallback: Settings["fallback"], asksForKey: boolean): string {
  const nodes = [
    node("Start", "manualTrigger", 1, {}),
    node("Prompt", "set", 3.4, fields({ prompt: "Say hello." })),
    node("GPU or CPU", "code", 2, { jsCode: routingPattern(fallback) }),
    node("GPU?", "if", 2.2, isGpu),
    {
      ...node("vLLM", "httpRequest", 4.2, {
        ...request(timeoutMs.gpu),
        ...(asksForKey ? { authentication: "genericCredentialType", genericAuthType: "httpBearerAuth" } : {}),
      }),
      ...(asksForKey ? { credentials: { httpBearerAuth: { id: "", name: "vLLM API key" } } } : {}),
    },
    node("Ollama", "httpRequest", 4.2, request(timeoutMs.cpu)),
    node("Answer", "set", 3.4, fields({ answer: text, mode: '={{ $("GPU or CPU").first().json.mode }}' })),
  ];
  const workflow = {
    name: "Ask the GPU, or the CPU while it is away",
    nodes: nodes.map((one, at) => ({ id: `node-${at + 1}`, position: placeOf(one.name, at), ...one })),
    connections: {
      Start: to(["Prompt"]),
      Prompt: to(["GPU or CPU"]),
      "GPU or CPU": to(["GPU?"]),
      "GPU?": to(["vLLM"], ["Ollama"]),
      vLLM: to(["Answer"]),
      Ollama: to(["Answer"]),
    },
    settings: { executionOrder: "v1" },
    active: false,
  };
  return `${JSON.stringify(workflow, null, 2)}\n`;
}

function node(name: string, type: string, typeVersion: number, parameters: object) {
  return { name, type: `n8n-nodes-base.${type}`, typeVersion, parameters };
}

/** Where a node is drawn: from left to right, the CPU's below the GPU's. */
function placeOf(name: string, at: number): [x: number, y: number] {
  return [220 * (["Ollama", "Answer"].includes(name) ? at - 1 : at), name === "Ollama" ? 200 : 0];
}

/** @param targets names of nodes, by output */
function to(...targets: string[][]) {
  return { main: targets.map((names) => names.map((one) => ({ node: one, type: "main", index: 0 }))) };
}

/** Fields of an item, each a text or an expression. */
function fields(values: Record<string, string>) {
  const assignments = Object.entries(values).map(([name, value]) => ({
    id: name,
    name,
    value,
    type: "string",
  }));
  return { assignments: { assignments }, options: {} };
}

const isGpu = {
  conditions: {
    options: { caseSensitive: true, leftValue: "", typeValidation: "strict", version: 2 },
    conditions: [
      {
        id: "gpu",
        leftValue: "={{ $json.mode }}",
        rightValue: "gpu",
        operator: { type: "string", operation: "equals" },
      },
    ],
    combinator: "and",
  },
  options: {},
};

function request(timeout: number) {
  return {
    method: "POST",
    url: "={{ $json.endpoint }}",
    sendBody: true,
    specifyBody: "json",
    jsonBody: body,
    options: { timeout },
  };
}
