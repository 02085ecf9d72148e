import { KubeConfig } from "@kubernetes/client-node";
import type { Connection } from "./connection.ts";
import { kubeconfigPath, unusable } from "./connection.ts";

/**
 * The official client's configuration for a cluster. Does not connect yet. Importing this module takes longer than all
 * that a preview reads from a cluster, so what runs in every preview uses `openApi` instead.
 * @throws RefusedError where the kubeconfig has no such context.
 */
export function kubeConfigOf(connection: Connection): KubeConfig {
  const config = new KubeConfig();
  const { context } = connection;
  config.loadFromFile(kubeconfigPath(connection));
  if (config.getContextObject(context) === null) {
    const known = config.getContexts().map(({ name }) => name);
    throw unusable(connection, "there is no such context", `Name one of ${known.join(", ")}`);
  }
  config.setCurrentContext(context);
  return config;
}
