/** How the cluster is spoken with: whether anybody may sit in between. */
import type { ClusterApi } from "../api/index.ts";
import type { Finding } from "../findings/finding.ts";

/** A warning where nobody looks at the API server's certificate; nothing where somebody does. */
export function checkConnection({ isUnverified, server }: ClusterApi): Finding[] {
  return isUnverified
    ? [
        {
          item: "connection",
          state: "warning",
          found: `the kubeconfig has the certificate of ${server} not looked at (insecure-skip-tls-verify), so whoever sits in between reads and changes everything`,
          fix: "Write the cluster's certificate-authority-data there in its place; k3s has it in /etc/rancher/k3s/k3s.yaml",
        },
      ]
    : [];
}
