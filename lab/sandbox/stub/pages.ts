import type { Served } from "./answers.ts";

/** The paths of vLLM's OpenAI server that the stub serves. */
export const routes = [
  { method: "get", path: "/health", summary: "Health check: 200 with an empty body" },
  { method: "get", path: "/version", summary: "vLLM's version" },
  { method: "get", path: "/v1/models", summary: "Show Available Models" },
  { method: "post", path: "/v1/completions", summary: "Create Completion" },
  { method: "post", path: "/v1/chat/completions", summary: "Create Chat Completion" },
] as const;

export function openApi(served: Served): object {
  const paths: Record<string, object> = {};
  for (const { method, path, summary } of routes) {
    const body =
      method === "post"
        ? { requestBody: { content: { "application/json": { schema: { type: "object" } } } } }
        : {};
    paths[path] = {
      [method]: { summary, ...body, responses: { 200: { description: "Successful Response" } } },
    };
  }
  return {
    openapi: "3.1.0",
    info: { title: "FastAPI (simulated by the vllm-platform sandbox)", version: served.version },
    paths,
  };
}

/** Real vLLM loads Swagger UI from a public network; this page loads nothing. */
export function docsPage(served: Served): string {
  const rows = routes
    .map(
      ({ method, path, summary }) =>
        `<tr><td>${method.toUpperCase()}</td><td><code>${path}</code></td><td>${summary}</td></tr>`,
    )
    .join("\n");
  return `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>FastAPI - Swagger UI (simulated)</title></head>
<body>
<h1>Swagger UI (simulated by the vllm-platform sandbox)</h1>
<p>Served: ${served.servedNames.map((name) => `<code>${escapeHtml(name)}</code>`).join(", ")}. The description is at <a href="/openapi.json">/openapi.json</a>.</p>
<table>
${rows}
</table>
</body>
</html>
`;
}

export interface Counters {
  running: number;
  promptTokens: number;
  generatedTokens: number;
  finished: { stop: number; length: number };
}

/** The metrics by vLLM's names that dashboards ask for first. */
export function metricsPage(served: Served, counters: Counters): string {
  const label = `{model_name="${served.servedNames[0] ?? ""}"}`;
  const finished = Object.entries(counters.finished).map(
    ([reason, count]) =>
      `vllm:request_success_total{finished_reason="${reason}",model_name="${served.servedNames[0] ?? ""}"} ${count}`,
  );
  return `${[
    "# Simulated by the vllm-platform sandbox.",
    "# TYPE vllm:num_requests_running gauge",
    `vllm:num_requests_running${label} ${counters.running}`,
    "# TYPE vllm:num_requests_waiting gauge",
    `vllm:num_requests_waiting${label} 0`,
    "# TYPE vllm:gpu_cache_usage_perc gauge",
    `vllm:gpu_cache_usage_perc${label} 0`,
    "# TYPE vllm:prompt_tokens_total counter",
    `vllm:prompt_tokens_total${label} ${counters.promptTokens}`,
    "# TYPE vllm:generation_tokens_total counter",
    `vllm:generation_tokens_total${label} ${counters.generatedTokens}`,
    "# TYPE vllm:request_success_total counter",
    ...finished,
  ].join("\n")}\n`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
