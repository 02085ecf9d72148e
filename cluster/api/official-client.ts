import { KubeConfig } from "@kubernetes/client-node";
import type { Connection } from "./connection.ts";
import { kubeconfigPath } from "./connection.ts";

/**
 * The official client's configuration for a cluster whose context is known to be in the file. Does not connect yet.
 * Importing this module takes longer than all that a preview reads from a cluster, so what runs in every preview uses
 * `openApi` instead.
 */
export function kubeConfigOf(connection: Connection): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfigPath(connection));
  config.setCurrentContext(connection.context);
  return config;
}
