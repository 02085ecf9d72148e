/**
 * What a client has to be told: the URLs, the names and the key's place, as a plan has them, and with them the configuration of
 * some clients as text. No cluster is asked, and no value of a secret is known here.
 */
import type { Plan } from "../plan/index.ts";
import { type Endpoints, endpointsOf } from "./endpoints.ts";
import { litellmConfig } from "./litellm.ts";
import { n8nSettings } from "./n8n.ts";
import { n8nWorkflow } from "./n8n-workflow.ts";
import { openWebUiVariables } from "./open-webui.ts";
import { curlCommands, pythonProgram } from "./openai.ts";

/** One configuration, as a file would have it. */
export interface ClientText {
  /** What it is, in a word or two. */
  title: string;
  /** The name that it may have as a file. */
  file: string;
  text: string;
}

/** How the texts of a client are made. */
type Client = (endpoints: Endpoints, plan: Plan) => ClientText[];

/** Every client that there is a configuration for, by its name on the command line. */
const clients = {
  litellm: (endpoints) => [{ title: "LiteLLM", file: "config.yaml", text: litellmConfig(endpoints) }],
  openwebui: (endpoints) => [
    { title: "Open WebUI", file: "open-webui.env", text: openWebUiVariables(endpoints) },
  ],
  n8n: (endpoints, { settings, apiKey }) => [
    { title: "n8n's forms", file: "n8n.txt", text: n8nSettings(endpoints) },
    {
      title: "a workflow to import",
      file: "gpu-or-cpu.json",
      text: n8nWorkflow(settings.fallback, apiKey),
    },
  ],
  openai: (endpoints) => [
    { title: "curl", file: "ask.sh", text: curlCommands(endpoints) },
    { title: "OpenAI's Python SDK", file: "ask.py", text: pythonProgram(endpoints) },
  ],
} as const satisfies Record<string, Client>;

export type ClientName = keyof typeof clients;
export const clientNames = Object.keys(clients) as ClientName[];

/** What a client of a mode needs. Plain data, so that it can be printed as JSON. */
export interface ClientAnswer {
  client: ClientName;
  endpoints: Endpoints;
  texts: ClientText[];
}

/** The configuration of a client, by a mode's plan. */
export function clientAnswer(plan: Plan, client: ClientName): ClientAnswer {
  const endpoints = endpointsOf(plan);
  return { client, endpoints, texts: clients[client](endpoints, plan) };
}
