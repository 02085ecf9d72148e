import { shellQuote } from "../../system/shell-quote.ts";
import { type Endpoints, head } from "./endpoints.ts";

const question = "Say hello in one word.";

/** Three requests: is it there, what does it serve, an answer. */
export function curlCommands(endpoints: Endpoints): string {
  const { inCluster, model, apiKey } = endpoints;
  const server = endpoints.public ?? inCluster;
  const base = endpoints.gateway?.public ?? server;
  const bearer = apiKey === undefined ? "" : ` -H "Authorization: Bearer $${apiKey.variable}"`;
  const body = JSON.stringify({ model, messages: [{ role: "user", content: question }], max_tokens: 50 });
  return `${head(endpoints)}
curl --max-time 5 -sS -o /dev/null -w '%{http_code}\\n' ${server.replace(/\/v1$/, "/health")}
curl --max-time 5 -sS${bearer} ${base}/models
curl --max-time 600 --connect-timeout 2 -sS${bearer} ${base}/chat/completions \\
  -H 'Content-Type: application/json' -d ${shellQuote(body)}
`;
}

/** A program for OpenAI's SDK that asks the gateway, or without one the CPU where the GPU does not answer. */
export function pythonProgram(endpoints: Endpoints): string {
  const { inCluster, gateway, model, apiKey, cpu } = endpoints;
  const key = apiKey === undefined ? '"none"' : `os.environ[${JSON.stringify(apiKey.variable)}]`;
  const start = `${head(endpoints)}\n${apiKey === undefined ? "" : "import os\n\n"}import httpx`;
  if (gateway !== undefined) {
    return `${start}
from openai import OpenAI

# The gateway has Ollama answer while the GPU is away. No retries; 600 s is the longest answer, 2 s the longest way there.
llm = OpenAI(
    base_url=${JSON.stringify(gateway.public)}, api_key=${key}, max_retries=0, timeout=httpx.Timeout(600, connect=2)
)
answer = llm.chat.completions.create(
    model=${JSON.stringify(model)}, messages=[{"role": "user", "content": ${JSON.stringify(question)}}]
)
print(answer.model, answer.choices[0].message.content)
`;
  }
  return `${start}
from openai import APIConnectionError, InternalServerError, OpenAI

# No retries: they only make the way to the CPU longer. 600 s is the longest answer, 2 s the longest way to the server.
options = {"max_retries": 0, "timeout": httpx.Timeout(600, connect=2)}
gpu = OpenAI(base_url=${JSON.stringify(inCluster)}, api_key=${key}, **options)
cpu = OpenAI(base_url=${JSON.stringify(`${cpu.url}/v1`)}, api_key="none", **options)
messages = [{"role": "user", "content": ${JSON.stringify(question)}}]

try:
    answer = gpu.chat.completions.create(model=${JSON.stringify(model)}, messages=messages)
except (APIConnectionError, InternalServerError):  # refused, too late, or a status of 500 and more; a 404 is a fault
    answer = cpu.chat.completions.create(model=${JSON.stringify(cpu.model)}, messages=messages)
print(answer.model, answer.choices[0].message.content)
`;
}
