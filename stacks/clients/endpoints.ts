import type { Plan } from "../plan/index.ts";
import { inClusterGatewayUrl, inClusterUrl, modelAlias, names, secretKeys } from "../vocabulary/names.ts";
import { versionText } from "../vocabulary/version.ts";

/** Where a client of a mode finds what. URLs of an OpenAI-compatible API end with `/v1`. */
export interface Endpoints {
  mode: string;
  /** Whether the mode runs the server; if not, only Ollama answers. */
  serves: boolean;
  /** The server for clients inside the cluster. */
  inCluster: string;
  /** The server for clients outside; absent without a public route. */
  public?: string;
  /** Where whoever can answers, the server or Ollama; absent without a gateway. */
  gateway?: { inCluster: string; public: string };
  /** The name that is right in every mode. */
  model: string;
  /** The name that is right while this mode serves, and a 404 in another; absent where none serves. */
  modelOfMode?: string;
  /** Longest prompt and answer together, in tokens; absent where none serves. */
  contextTokens?: number;
  /** Version of vLLM. */
  engine: string;
  /** Where the key lies that clients must show; absent where none is asked for. */
  apiKey?: { namespace: string; secret: string; key: string; variable: string };
  /** Who answers while the GPU is away. */
  cpu: { url: string; model: string };
}

/** The variable in which every printed configuration finds the key. */
const keyVariable = "VLLM_API_KEY";

export function endpointsOf({ mode, serves, server, route, gateway, apiKey, settings }: Plan): Endpoints {
  return {
    mode,
    serves,
    inCluster: `${inClusterUrl}/v1`,
    ...(route === undefined ? {} : { public: `https://${route.host}/v1` }),
    ...(gateway === undefined
      ? {}
      : { gateway: { inCluster: `${inClusterGatewayUrl}/v1`, public: `https://${gateway.host}/v1` } }),
    model: modelAlias,
    ...(serves ? { modelOfMode: server.model, contextTokens: server.maxModelLen } : {}),
    engine: versionText(server.version),
    ...(apiKey
      ? {
          apiKey: {
            namespace: names.namespace,
            secret: names.apiKeySecret,
            key: secretKeys.apiKey,
            variable: keyVariable,
          },
        }
      : {}),
    cpu: { url: settings.fallback.ollamaUrl, model: settings.fallback.ollamaModel },
  };
}

/** The command that prints the key, for whoever may read the Secret. */
export function keyCommand({ namespace, secret, key }: NonNullable<Endpoints["apiKey"]>): string {
  return `kubectl get secret ${secret} -n ${namespace} -o jsonpath='{.data.${key}}' | base64 -d`;
}

/** The endpoints as the head of a text, each line behind a `#`. */
export function head(endpoints: Endpoints, ...more: string[]): string {
  const { mode, gateway, apiKey, cpu, model, modelOfMode, contextTokens } = endpoints;
  const rows: [string, string][] = [
    ["in the cluster", endpoints.inCluster],
    ["public", endpoints.public ?? "none: no public route is set"],
    ...(gateway === undefined
      ? []
      : ([["gateway", `${gateway.public}, in the cluster ${gateway.inCluster}`]] satisfies [
          string,
          string,
        ][])),
    [
      "model",
      `${model} in every mode${modelOfMode === undefined ? `; mode ${mode} serves none` : `; ${modelOfMode} only while mode ${mode} serves`}`,
    ],
    ...(contextTokens === undefined
      ? []
      : ([["context", `${contextTokens} tokens, prompt and answer together`]] satisfies [string, string][])),
    [
      "key",
      apiKey === undefined ? "none is asked for; clients that want one may send any" : keyCommand(apiKey),
    ],
    ["on the CPU", `${cpu.url}, model ${cpu.model}`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    ...rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`),
    ...(more.length > 0 ? [""] : []),
    ...more,
  ]
    .map((line) => `# ${line}`.trimEnd())
    .join("\n");
}
