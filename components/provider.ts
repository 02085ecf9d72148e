import { Provider } from "@pulumi/kubernetes/provider.js";
import type { Connection } from "../cluster/api/connection.ts";

/**
 * Taking a mode over creates what exists. Up to 4.28 the provider does that by itself, and its package drops a setting that
 * it does not know; from 4.29 it is an AlreadyExists error without it.
 */
const upserts = { upsertExistingObjects: true };

/**
 * The one provider of all objects. Explicit, so that no setting of the machine can point it elsewhere, and with a
 * fixed identity, so that a changed address or certificate of the cluster re-creates nothing.
 */
export function clusterProvider(name: string, connection: Connection): Provider {
  return new Provider(
    name,
    {
      kubeconfig: connection.kubeconfig,
      context: connection.context,
      clusterIdentifier: connection.identifier,
      enableServerSideApply: true,
      // A ConfigMap or Secret of a fixed name would otherwise be deleted and re-created on each change.
      enableConfigMapMutable: true,
      enableSecretMutable: true,
      ...upserts,
    },
    // Another identifier replaces every object, and the stack's name for its cluster is no reason to.
    { ignoreChanges: ["clusterIdentifier"] },
  );
}
