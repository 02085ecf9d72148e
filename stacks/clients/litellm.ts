import { stringify } from "yaml";
import { type Endpoints, head } from "./endpoints.ts";

/** The version that the settings below were measured on; versions 1.82.7 and 1.82.8 on PyPI stole credentials. */
export const litellmVersion = "1.108.7";

/** Longest wait for the first token of a stream, in seconds: below the 10 s within which a lost GPU must be noticed. */
const firstTokenSeconds = 8;

/** LiteLLM's `config.yaml`: the GPU under the alias, Ollama where it is away. */
export function litellmConfig(endpoints: Endpoints): string {
  const { model, inCluster, apiKey, cpu } = endpoints;
  const config = {
    model_list: [
      {
        model_name: model,
        litellm_params: {
          model: `openai/${model}`,
          api_base: inCluster,
          api_key: apiKey === undefined ? "none" : `os.environ/${apiKey.variable}`,
          max_retries: 0,
          timeout: 600,
          stream_timeout: firstTokenSeconds,
        },
      },
      {
        model_name: "cpu",
        litellm_params: {
          model: `openai/${cpu.model}`,
          api_base: `${cpu.url}/v1`,
          api_key: "none",
          max_retries: 0,
        },
      },
    ],
    litellm_settings: { num_retries: 0, fallbacks: [{ [model]: ["cpu"] }] },
    router_settings: { allowed_fails: 0, cooldown_time: 10 },
    general_settings: { master_key: "os.environ/LITELLM_MASTER_KEY" },
  };
  const text = head(
    endpoints,
    `LiteLLM ${litellmVersion}: litellm --config config.yaml. Clients ask it for ${model}, with the key that LITELLM_MASTER_KEY holds.`,
    "No retries, and one failure is enough: by default each request waits 5 to 6 s through the whole outage.",
    `stream_timeout is also the longest wait for a first token: a prompt or a queue that takes longer than ${firstTokenSeconds} s goes to the CPU.`,
    "A hang of requests that do not stream ends by the timeout, or as the cluster takes the server out (docs/degradation.md).",
  );
  return `${text}\n${stringify(config, { lineWidth: 0 })}`;
}
