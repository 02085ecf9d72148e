import { projectOf, type World } from "../runs/world.ts";
import type { Row } from "./row.ts";

/** Removes a namespace, and with it all that one of the compared ways has made. */
async function removeNamespace(world: World, namespace: string): Promise<void> {
  await world.run("kubectl", ["delete", "namespace", namespace, "--ignore-not-found", "--wait"]);
}

/** A server that answers is what all ways wait for. */
export async function applyAndWait(world: World, manifests: string, namespace: string): Promise<void> {
  await world.run("kubectl", ["apply", "--server-side", "--force-conflicts", "-f", "-"], {
    input: manifests,
  });
  await world.run("kubectl", [
    "rollout",
    "status",
    "deployment/vllm-server",
    "-n",
    namespace,
    "--timeout=60s",
  ]);
}

export const firstUp: Row = {
  name: "first-up",
  title: "first up, from nothing to a server that answers",
  goal: { of: "ours", to: "bare", atMost: 1.3 },
  async variants(world) {
    const bare = projectOf(world, "bare");
    const plain = await world.manifests("ml", "plain");
    const args = ["up", "--yes", "--skip-preview", "-s", "ml"];
    const destroy = ["destroy", "--yes", "--skip-preview", "-s", "ml"];
    return [
      {
        name: "bare",
        prepare: async () => {
          await world.pulumi(destroy, bare);
          await removeNamespace(world, "bare");
        },
        run: async () => {
          await world.pulumi(args, bare);
        },
      },
      {
        name: "ours",
        prepare: async () => {
          await world.pulumi(destroy);
          await removeNamespace(world, "ml");
        },
        run: async () => {
          await world.pulumi(args);
        },
      },
      {
        name: "kubectl apply",
        prepare: () => removeNamespace(world, "plain"),
        run: () => applyAndWait(world, plain, "plain"),
      },
    ];
  },
};
