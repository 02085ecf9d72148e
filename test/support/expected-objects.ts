/**
 * The objects of the shipped modes as clients, dashboards and runbooks know them, written down by hand: nothing here is
 * computed by the product, so that a change of a name or value on either side shows.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Resource } from "./live.ts";

export interface Expected {
  readonly resource: Resource;
  readonly name: string;
  /** Value of the label `app.kubernetes.io/component`. */
  readonly component: string;
  /** Whole content besides metadata and status, with the API server's own defaults. */
  readonly content: Record<string, unknown>;
  /** Labels besides the common ones. */
  readonly labels?: Record<string, string>;
}

export const modes = ["coder", "gaming", "ml", "r1"] as const;
export type Mode = (typeof modes)[number];

interface Server {
  /** Mode whose pod template this is. */
  readonly template: Mode;
  readonly replicas: number;
  readonly model: string;
  readonly tokenizer?: string;
  /** Seconds that a first start may take, the download of the weights included. */
  readonly startupSeconds: number;
}

const servers: Readonly<Record<Mode, Server>> = {
  ml: { template: "ml", replicas: 1, model: "Qwen/Qwen2.5-7B-Instruct-AWQ", startupSeconds: 900 },
  r1: {
    template: "r1",
    replicas: 1,
    model: "casperhansen/deepseek-r1-distill-qwen-7b-awq",
    tokenizer: "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B",
    startupSeconds: 900,
  },
  coder: {
    template: "coder",
    replicas: 1,
    model: "TheBloke/deepseek-coder-6.7B-instruct-AWQ",
    startupSeconds: 660,
  },
  // The default mode's template at 0 replicas.
  gaming: { template: "ml", replicas: 0, model: "Qwen/Qwen2.5-7B-Instruct-AWQ", startupSeconds: 900 },
};

/** Names that the server answers to in a mode; none where it does not serve. */
export function servedNamesOf(mode: Mode): string[] {
  const { replicas, model } = servers[mode];
  return replicas === 0 ? [] : [model, "default"];
}

const host = "vllm.home.jetzinger.com";
const url = "http://vllm-api.ml.svc.cluster.local:8000";
const ollama = "http://ollama.ml.svc.cluster.local:11434";
const service = [{ name: "vllm-api", port: 8000 }];

const commonLabels = (component: string): Record<string, string> => ({
  "app.kubernetes.io/name": "vllm",
  "app.kubernetes.io/instance": "vllm-server",
  "app.kubernetes.io/component": component,
  "app.kubernetes.io/part-of": "vllm-platform",
  "app.kubernetes.io/managed-by": "pulumi",
});

/** All labels of an object. */
export function labelsOf(expected: Expected): Record<string, string> {
  return { ...commonLabels(expected.component), ...expected.labels };
}

/** The supervisor, as it lies in the project, and its limits. */
const supervisor = readFileSync(
  join(import.meta.dirname, "../../stacks/manifests/supervisor/supervise.py"),
  "utf8",
);
const supervision = {
  ...{ port: 8000, model: "default", reasonFile: "/dev/termination-log" },
  ...{
    tickSeconds: 1,
    youngSeconds: 2,
    selfEndSeconds: 2,
    lookSeconds: 5,
    answerSeconds: 5,
    stallSeconds: 20,
  },
  ...{ idleStallSeconds: 60, questionSeconds: 25, forgottenSeconds: 60, endpointSeconds: 1 },
  ...{ drainLookSeconds: 0.5, drainSeconds: 18, endSeconds: 1 },
};

const health = { path: "/health", port: "http", scheme: "HTTP" };

function podSpec({ model, tokenizer, startupSeconds }: Server): Record<string, unknown> {
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    runtimeClassName: "nvidia",
    nodeSelector: { "nvidia.com/gpu": "true" },
    tolerations: [{ key: "gpu", operator: "Equal", value: "true", effect: "NoSchedule" }],
    terminationGracePeriodSeconds: 25,
    securityContext: { seccompProfile: { type: "RuntimeDefault" } },
    dnsPolicy: "ClusterFirst",
    restartPolicy: "Always",
    schedulerName: "default-scheduler",
    containers: [
      {
        name: "vllm",
        image: "vllm/vllm-openai:v0.8.5.post1",
        imagePullPolicy: "IfNotPresent",
        command: [
          ...["python3", "-I", "-c", supervisor, JSON.stringify(supervision)],
          ...["python3", "-m", "vllm.entrypoints.openai.api_server"],
        ],
        args: [
          ...["--model", model],
          ...(tokenizer === undefined ? [] : ["--tokenizer", tokenizer]),
          ...["--load-format", "safetensors"],
          ...["--served-model-name", model, "default"],
          ...["--quantization", "awq_marlin"],
          ...["--gpu-memory-utilization", "0.90"],
          ...["--max-model-len", "8192"],
          ...["--max-num-seqs", "16"],
          "--enforce-eager",
          ...["--host", "0.0.0.0", "--port", "8000", "--allowed-origins", "[]"],
        ],
        env: [
          { name: "HF_HOME", value: "/root/.cache/huggingface" },
          { name: "VLLM_CACHE_ROOT", value: "/var/cache/vllm/vllm" },
          { name: "TRITON_CACHE_DIR", value: "/var/cache/vllm/triton" },
          { name: "TORCHINDUCTOR_CACHE_DIR", value: "/var/cache/vllm/torchinductor" },
          { name: "VLLM_NO_USAGE_STATS", value: "1" },
        ],
        ports: [{ name: "http", containerPort: 8000, protocol: "TCP" }],
        resources: {
          requests: { cpu: "1", memory: "8Gi", "ephemeral-storage": "1Gi", "nvidia.com/gpu": "1" },
          limits: { cpu: "4", memory: "16Gi", "ephemeral-storage": "16Gi", "nvidia.com/gpu": "1" },
        },
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        startupProbe: {
          httpGet: health,
          periodSeconds: 5,
          timeoutSeconds: 5,
          failureThreshold: startupSeconds / 5,
          successThreshold: 1,
        },
        readinessProbe: {
          httpGet: health,
          periodSeconds: 2,
          timeoutSeconds: 6,
          failureThreshold: 1,
          successThreshold: 1,
        },
        livenessProbe: {
          httpGet: health,
          periodSeconds: 10,
          timeoutSeconds: 10,
          failureThreshold: 6,
          successThreshold: 1,
        },
        terminationMessagePath: "/dev/termination-log",
        terminationMessagePolicy: "File",
        volumeMounts: [
          { name: "model-cache", mountPath: "/root/.cache/huggingface" },
          { name: "scratch", mountPath: "/var/cache/vllm" },
          { name: "shared-memory", mountPath: "/dev/shm" },
        ],
      },
    ],
    volumes: [
      { name: "model-cache", hostPath: { path: "/var/lib/vllm/huggingface", type: "DirectoryOrCreate" } },
      { name: "scratch", emptyDir: { sizeLimit: "16Gi" } },
      { name: "shared-memory", emptyDir: { medium: "Memory", sizeLimit: "1Gi" } },
    ],
  };
}

/** Everything that a mode puts into namespace `ml`. */
export function expectedObjects(mode: Mode): Expected[] {
  const server = servers[mode];
  const podLabels = {
    ...commonLabels("llm-inference"),
    "app.kubernetes.io/version": "0.8.5.post1",
    app: "vllm-server",
    "gpu-mode": server.template,
  };
  return [
    {
      resource: "deployments",
      name: "vllm-server",
      component: "llm-inference",
      labels: { "app.kubernetes.io/version": "0.8.5.post1", app: "vllm-server", "gpu-mode": mode },
      content: {
        spec: {
          replicas: server.replicas,
          revisionHistoryLimit: 2,
          // As long as pulling the image (20 min) and starting may take.
          progressDeadlineSeconds: server.startupSeconds + 1200,
          strategy: { type: "Recreate" },
          selector: { matchLabels: { app: "vllm-server" } },
          template: { metadata: { labels: podLabels }, spec: podSpec(server) },
        },
      },
    },
    {
      resource: "services",
      name: "vllm-api",
      component: "llm-inference",
      content: {
        spec: {
          type: "ClusterIP",
          selector: { app: "vllm-server" },
          ports: [{ name: "http", port: 8000, targetPort: "http", protocol: "TCP" }],
          internalTrafficPolicy: "Cluster",
          ipFamilies: ["IPv4"],
          ipFamilyPolicy: "SingleStack",
          sessionAffinity: "None",
        },
      },
    },
    {
      resource: "poddisruptionbudgets",
      name: "vllm-pdb",
      component: "llm-inference",
      content: {
        spec: {
          minAvailable: 0,
          unhealthyPodEvictionPolicy: "AlwaysAllow",
          selector: { matchLabels: { app: "vllm-server" } },
        },
      },
    },
    {
      resource: "networkpolicies",
      name: "vllm-server",
      component: "llm-inference",
      content: {
        spec: {
          podSelector: { matchLabels: { app: "vllm-server" } },
          policyTypes: ["Ingress"],
          ingress: [
            {
              ports: [{ port: 8000, protocol: "TCP" }],
              from: [
                ...["ml", "apps", "docs", "monitoring"].map((namespace) => ({
                  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
                })),
                {
                  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
                  podSelector: { matchLabels: { "app.kubernetes.io/name": "traefik" } },
                },
              ],
            },
          ],
        },
      },
    },
    {
      resource: "configmaps",
      name: "llm-fallback-config",
      component: "fallback",
      content: {
        data: {
          VLLM_ENDPOINT: url,
          VLLM_HEALTH_ENDPOINT: `${url}/health`,
          VLLM_COMPLETIONS_ENDPOINT: `${url}/v1/completions`,
          VLLM_CHAT_ENDPOINT: `${url}/v1/chat/completions`,
          OLLAMA_ENDPOINT: ollama,
          OLLAMA_GENERATE_ENDPOINT: `${ollama}/api/generate`,
          OLLAMA_CHAT_ENDPOINT: `${ollama}/api/chat`,
          HEALTH_CHECK_TIMEOUT_MS: "5000",
          HEALTH_CHECK_INTERVAL_MS: "10000",
          FALLBACK_ROUTING_PATTERN: routingPattern,
        },
      },
    },
    {
      resource: "certificates",
      name: "vllm-tls",
      component: "route",
      content: {
        spec: {
          secretName: "vllm-tls",
          duration: "2160h",
          renewBefore: "720h",
          dnsNames: [host],
          issuerRef: { name: "letsencrypt-prod", kind: "ClusterIssuer" },
        },
      },
    },
    {
      resource: "middlewares",
      name: "vllm-access",
      component: "route",
      content: {
        spec: {
          ipAllowList: {
            sourceRange: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"],
          },
        },
      },
    },
    {
      resource: "middlewares",
      name: "vllm-https-redirect",
      component: "route",
      content: { spec: { redirectScheme: { scheme: "https", permanent: true } } },
    },
    {
      resource: "ingressroutes",
      name: "vllm-https",
      component: "route",
      content: {
        spec: {
          entryPoints: ["websecure"],
          routes: [
            {
              kind: "Rule",
              match: `Host(\`${host}\`) && (PathPrefix(\`/v1/\`) || Path(\`/docs\`) || Path(\`/openapi.json\`) || Path(\`/health\`))`,
              middlewares: [{ name: "vllm-access" }],
              services: service,
            },
          ],
          tls: { secretName: "vllm-tls" },
        },
      },
    },
    {
      resource: "ingressroutes",
      name: "vllm-redirect",
      component: "route",
      content: {
        spec: {
          entryPoints: ["web"],
          routes: [
            {
              kind: "Rule",
              match: `Host(\`${host}\`)`,
              middlewares: [{ name: "vllm-https-redirect" }],
              services: service,
            },
          ],
        },
      },
    },
  ];
}

const routingPattern = `// For a Code node, "Run Once for All Items" or "for Each Item". An HTTP Request node goes on with what it returns.
const gpuAnswers = async () => {
  try {
    const { statusCode } = await this.helpers.httpRequest({
      method: "GET",
      url: "${url}/health",
      timeout: 5000,
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
  endpoint: "${url}/v1/chat/completions",
  mode: "gpu",
  model: "default",
};
const cpu = {
  endpoint: "${ollama}/api/chat",
  mode: "cpu",
  model: "llama3.2:1b",
};
return { json: (await gpuAnswers()) ? gpu : cpu };
`;
