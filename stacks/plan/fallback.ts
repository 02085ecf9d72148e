import type { Settings } from "../settings/index.ts";
import { inClusterUrl, modelAlias, names, secretKeys } from "../vocabulary/names.ts";

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
    FALLBACK_ROUTING_PATTERN: routingPattern(settings),
    ...(settings.apiKey
      ? { VLLM_API_KEY_SECRET: names.apiKeySecret, VLLM_API_KEY_SECRET_KEY: secretKeys.apiKey }
      : {}),
  };
}

/**
 * JavaScript for an n8n Code node: the GPU where it answers in time, else Ollama on the CPU. The key itself stays in its
 * Secret; n8n gets it as the environment variable VLLM_API_KEY.
 */
function routingPattern(settings: Settings): string {
  const { ollamaUrl, ollamaModel, healthTimeoutMs } = settings.fallback;
  const headers = settings.apiKey ? ", headers: { Authorization: 'Bearer ' + $env.VLLM_API_KEY }" : "";
  // A value is data here: with a quote in it, it would be code.
  const health = JSON.stringify(`${inClusterUrl}/health`);
  const gpu = `endpoint: ${JSON.stringify(`${inClusterUrl}/v1/chat/completions`)}, mode: 'gpu', model: ${JSON.stringify(modelAlias)}`;
  const cpu = `endpoint: ${JSON.stringify(`${ollamaUrl}/api/chat`)}, mode: 'cpu', model: ${JSON.stringify(ollamaModel)}`;
  return `const gpuAnswers = async () => {
  try {
    const response = await $http.get(${health}, { timeout: ${healthTimeoutMs} });
    return response.status === 200;
  } catch (error) {
    return false;
  }
};

return (await gpuAnswers())
  ? { ${gpu}${headers} }
  : { ${cpu} };
`;
}
