import type { Settings } from "../settings/index.ts";
import { inClusterGatewayUrl, inClusterUrl, names, secretKeys } from "../vocabulary/names.ts";
import { routingPattern } from "./routing-pattern.ts";

/**
 * Content of the ConfigMap `llm-fallback-config`. It is the same in every mode: clients ask for the alias, so a
 * switch of the model needs no change on their side.
 */
export function fallbackConfig(settings: Settings): Record<string, string> {
  const { ollamaUrl, healthTimeoutMs, healthIntervalMs } = settings.fallback;
  return {
    VLLM_ENDPOINT: inClusterUrl,
    VLLM_HEALTH_ENDPOINT: `${inClusterUrl}/health`,
    VLLM_COMPLETIONS_ENDPOINT: `${inClusterUrl}/v1/completions`,
    VLLM_CHAT_ENDPOINT: `${inClusterUrl}/v1/chat/completions`,
    OLLAMA_ENDPOINT: ollamaUrl,
    OLLAMA_GENERATE_ENDPOINT: `${ollamaUrl}/api/generate`,
    OLLAMA_CHAT_ENDPOINT: `${ollamaUrl}/api/chat`,
    HEALTH_CHECK_TIMEOUT_MS: String(healthTimeoutMs),
    HEALTH_CHECK_INTERVAL_MS: String(healthIntervalMs),
    FALLBACK_ROUTING_PATTERN: routingPattern(settings.fallback),
    ...(settings.gateway.enabled ? { GATEWAY_ENDPOINT: inClusterGatewayUrl } : {}),
    ...(settings.apiKey
      ? { VLLM_API_KEY_SECRET: names.apiKeySecret, VLLM_API_KEY_SECRET_KEY: secretKeys.apiKey }
      : {}),
  };
}
