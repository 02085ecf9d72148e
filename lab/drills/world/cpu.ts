import { names, ollamaPort } from "../../../stacks/vocabulary/names.ts";
import { startServer } from "../../gateway/server.ts";
import type { PrivateNetwork } from "../../network/network.ts";

/** Another machine of the cluster, as Ollama has at home: it is simulated, and has what the GPU node has not lost. */
const cpuNode = "k3s-worker-02";

/**
 * Who answers while the GPU is away, under Ollama's name. kwok says that its pod is ready, and a stub with neither a card nor the
 * faults of the others listens at its address.
 */
export async function startCpu(
  network: PrivateNetwork,
  kubectl: (args: readonly string[], input?: string) => Promise<string>,
): Promise<void> {
  await startServer(network, ollamaPort, false);
  const labels = { "app.kubernetes.io/name": "ollama" };
  const metadata = { name: "ollama", namespace: names.namespace };
  const container = { name: "ollama", image: "ollama/ollama", ports: [{ containerPort: ollamaPort }] };
  const objects = [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { ...metadata, labels },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { nodeSelector: { "kubernetes.io/hostname": cpuNode }, containers: [container] },
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
