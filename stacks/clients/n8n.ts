import { isAtLeast, parseVersion } from "../vocabulary/version.ts";
import { type Endpoints, head } from "./endpoints.ts";

/** The first version of vLLM with the Responses API. */
const responsesSince = "0.10.0";

/**
 * How long n8n's chat model waits for an answer, in milliseconds, as n8n has it by default: 3000 tokens at the reference setup's
 * 50 a second. An answer that is not streamed begins when it is complete, so a shorter one would cut long answers.
 */
const timeoutMs = 60_000;

/** What is set in n8n, by the names that its forms have. */
export function n8nSettings(endpoints: Endpoints): string {
  const { inCluster, gateway, model, apiKey, cpu, engine } = endpoints;
  const version = parseVersion(engine);
  const hasResponses = version !== undefined && isAtLeast(version, responsesSince);
  const responses = hasResponses
    ? `on or off: vLLM ${engine} has it`
    : `off: vLLM ${engine} has none, and answers 404`;
  return `${head(endpoints)}

Credential "OpenAI"
  API Key             ${apiKey === undefined ? "none (any text; the form wants one)" : "the key"}
  Base URL            ${gateway?.inCluster ?? inCluster}
${gateway === undefined ? `\nCredential "Ollama"\n  Base URL            ${cpu.url}\n` : ""}
Node "OpenAI Chat Model"
  Model               by ID: ${model}
  Use Responses API   ${responses}
  Timeout             ${timeoutMs}: the longest answer; one that is not streamed begins at its end
  Max Retries         0: by default it asks a server that is away three times

${
  gateway === undefined
    ? `Node "AI Agent" or "Basic LLM Chain"
  Enable Fallback Model   on, with a node "Ollama Chat Model" behind it: model ${cpu.model}`
    : "No fallback model is needed: the gateway has Ollama answer while the GPU is away."
}

Without these nodes, from plain requests: examples/n8n/ has a workflow to import. Its Code node holds FALLBACK_ROUTING_PATTERN of
the ConfigMap llm-fallback-config, its HTTP Request node the key as a credential "Bearer Auth".
`;
}
