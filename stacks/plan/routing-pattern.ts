import type { Settings } from "../settings/index.ts";
import { inClusterUrl, modelAlias } from "../vocabulary/names.ts";

/**
 * JavaScript for an n8n Code node, of n8n 1.x and 2.x: the GPU where `/health` answers 200 in time, else Ollama on the CPU. The
 * item that it returns is accepted in both of the node's modes. It holds URLs and names alone: a Code node can have no
 * credential, so the HTTP Request node behind it sends the key.
 */
export function routingPattern({ ollamaUrl, ollamaModel, healthTimeoutMs }: Settings["fallback"]): string {
  return `// For a Code node, "Run Once for All Items" or "for Each Item". An HTTP Request node goes on with what it returns.
const gpuAnswers = async () => {
  try {
    const { statusCode } = await this.helpers.httpRequest({
      method: "GET",
      url: ${literal(`${inClusterUrl}/health`)},
      timeout: ${healthTimeoutMs},
      returnFullResponse: true,
      ignoreHttpStatusErrors: true,
    });
    return statusCode === 200;
  } catch (error) {
    // Only these say that the GPU is away: refused, cut off, no way to the node, too late (by two names). Any other error
    // is a fault of the workflow or its URL, and has to be seen.
    const away = ["ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT", "ECONNABORTED"];
    if (away.includes(error.code)) return false;
    throw error;
  }
};

const gpu = {
  endpoint: ${literal(`${inClusterUrl}/v1/chat/completions`)},
  mode: "gpu",
  model: ${literal(modelAlias)},
};
const cpu = {
  endpoint: ${literal(`${ollamaUrl}/api/chat`)},
  mode: "cpu",
  model: ${literal(ollamaModel)},
};
return { json: (await gpuAnswers()) ? gpu : cpu };
`;
}

/** A value as a literal of any JavaScript: with a quote in it, it would be code, and U+2028 ends a line before ES2019. */
function literal(value: string): string {
  return JSON.stringify(value).replace(
    /[\u2028\u2029]/g,
    (found) => `\\u${found.charCodeAt(0).toString(16)}`,
  );
}
