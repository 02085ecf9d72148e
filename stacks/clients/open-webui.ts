import { type Endpoints, head } from "./endpoints.ts";

/** Open WebUI's environment variables, as an env file. */
export function openWebUiVariables(endpoints: Endpoints): string {
  const { inCluster, gateway, model, apiKey, cpu } = endpoints;
  return [
    head(
      endpoints,
      "Open WebUI reads these at its first start and keeps them in its database; later they are changed in its admin settings,",
      "or read at each start where ENABLE_PERSISTENT_CONFIG is False.",
      gateway === undefined
        ? `It does not fall back by itself: while the GPU is away, people pick ${cpu.model} in the list of models.`
        : `Enter the model ID ${model} in the connection's settings: Ollama's own list calls it ${model}:latest, and it would not be found.`,
    ),
    `OPENAI_API_BASE_URL=${gateway?.inCluster ?? inCluster}`,
    ...(apiKey === undefined
      ? ["OPENAI_API_KEY=none"]
      : [`# from the Secret: valueFrom.secretKeyRef ${apiKey.secret}, key ${apiKey.key}`, "OPENAI_API_KEY="]),
    `DEFAULT_MODELS=${model}`,
    ...(gateway === undefined ? ["ENABLE_OLLAMA_API=True", `OLLAMA_BASE_URL=${cpu.url}`] : []),
    "# Seconds: the list of models must not wait for a server that is away, and a long answer may take its time.",
    "AIOHTTP_CLIENT_TIMEOUT_MODEL_LIST=3",
    "AIOHTTP_CLIENT_TIMEOUT=600",
    "",
  ].join("\n");
}
