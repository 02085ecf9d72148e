import { join } from "node:path";
import { clusterName } from "./paths.ts";
import type { Ports } from "./ports.ts";

export { clusterName };

/** The kubeconfig context that kwokctl writes. */
export const contextName = `kwok-${clusterName}`;

/** Nodes with this label are kept alive by kwok; taking it away is what switching a node's power off looks like. */
export const simulatedNodeLabel = { key: "type", value: "kwok" } as const;

/**
 * The endpoint of Service `kubernetes`. Without one the API server looks for a network interface with a default route, and a machine
 * may have none. Only a real node leads there.
 */
export const advertisedAddress = "192.0.2.1";

/** Absolute paths of the executables. */
export interface ClusterExecutables {
  readonly etcd: string;
  readonly kubeApiserver: string;
  readonly kubeControllerManager: string;
  readonly kubeScheduler: string;
  readonly kwok: string;
  readonly kubectl: string;
}

/** The component that simulates the nodes. */
export const kwokComponent = "kwok-controller";

/** The components that a running cluster consists of, as kwokctl names them. */
export const componentNames = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  kwokComponent,
] as const;

/**
 * What kwokctl is asked for. Admission plugins and authorization are the API server's own defaults. Node lease (40 s)
 * and grace period (50 s, since Kubernetes 1.32) are those of a real cluster, not kwokctl's.
 *
 * @param certificates folder of those that kwokctl makes
 */
export function kwokctlConfiguration(
  executables: ClusterExecutables,
  ports: Ports,
  certificates: string,
): object {
  return {
    apiVersion: "config.kwok.x-k8s.io/v1alpha1",
    kind: "KwokctlConfiguration",
    options: {
      runtime: "binary",
      bindAddress: "127.0.0.1",
      etcdBinary: executables.etcd,
      kubeApiserverBinary: executables.kubeApiserver,
      kubeControllerManagerBinary: executables.kubeControllerManager,
      kubeSchedulerBinary: executables.kubeScheduler,
      kwokControllerBinary: executables.kwok,
      kubectlBinary: executables.kubectl,
      etcdPort: ports.etcd,
      etcdPeerPort: ports.etcdPeer,
      kubeApiserverPort: ports.kubeApiserver,
      kubeControllerManagerPort: ports.kubeControllerManager,
      kubeSchedulerPort: ports.kubeScheduler,
      kwokControllerPort: ports.kwokController,
      enableCRDs: ["Stage", "ClusterPortForward", "ClusterLogs"],
      heartbeatFactor: 1,
      nodeLeaseDurationSeconds: 40,
      kubeControllerManagerNodeMonitorPeriodMilliseconds: 5_000,
      kubeControllerManagerNodeMonitorGracePeriodMilliseconds: 50_000,
    },
    componentsPatches: [
      {
        ...patch("kube-apiserver", {
          "advertise-address": advertisedAddress,
          // A real kubelet answers nobody whom it does not know.
          "kubelet-client-certificate": join(certificates, "admin.crt"),
          "kubelet-client-key": join(certificates, "admin.key"),
        }),
        // Most of its work is to start: collecting garbage seldom spares a fifth of it, for 200 MB more.
        extraEnvs: [
          { name: "GOGC", value: "400" },
          { name: "GOMEMLIMIT", value: "600MiB" },
        ],
      },
      // A lone process that waits for the lease of its ended predecessor is 15 s late after every restart.
      patch("kube-controller-manager", { "leader-elect": "false" }),
      patch("kube-scheduler", { "leader-elect": "false" }),
      patch(kwokComponent, {
        "manage-all-nodes": "false",
        "manage-nodes-with-label-selector": `${simulatedNodeLabel.key}=${simulatedNodeLabel.value}`,
        // Beside the API server's 10.0.0.0/24 for Services: a real proxy refuses at their addresses what is no Service's.
        cidr: "10.0.1.1/24",
      }),
    ],
  };
}

function patch(name: string, args: Record<string, string>): object {
  return { name, extraArgs: Object.entries(args).map(([key, value]) => ({ key, value })) };
}
