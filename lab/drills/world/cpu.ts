import { planFromFiles } from "../../../stacks/index.ts";
import { names, ollamaPort } from "../../../stacks/vocabulary/names.ts";
import { projectRoot } from "../../sandbox/base/paths.ts";
import { gpuNode } from "../../sandbox/simulation/index.ts";

/** Who answers while the GPU is away: a stub under Ollama's name, with neither a card nor the faults of the others. */
export async function applyCpu(
  kubectl: (args: readonly string[], input?: string) => Promise<string>,
): Promise<void> {
  const labels = { "app.kubernetes.io/name": "ollama" };
  const metadata = { name: "ollama", namespace: names.namespace };
  const command = ["python3", "-m", "vllm.entrypoints.openai.api_server"];
  const args = ["--model", "a/model", "--served-model-name", "default", "--port", String(ollamaPort)];
  const container = {
    name: "ollama",
    image: planFromFiles(projectRoot, "ml").server.image,
    command: [...command, ...args],
    ports: [{ containerPort: ollamaPort }],
    // Patient, as what starts beside it may take both of a small machine's processors.
    readinessProbe: {
      httpGet: { path: "/health", port: ollamaPort },
      periodSeconds: 1,
      timeoutSeconds: 5,
      failureThreshold: 10,
    },
  };
  const objects = [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { ...metadata, labels },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            nodeSelector: { "kubernetes.io/hostname": gpuNode },
            // Also on a node that is drained: at home it runs on another.
            tolerations: [{ operator: "Exists" }],
            containers: [container],
          },
        },
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: { selector: labels, ports: [{ port: ollamaPort, targetPort: ollamaPort }] },
    },
  ];
  await kubectl(
    ["apply", "--server-side", "-f", "-"],
    JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }),
  );
  await kubectl(["rollout", "status", "deployment/ollama", "-n", names.namespace, "--timeout=60s"]);
}
