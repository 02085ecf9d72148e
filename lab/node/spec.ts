import { createHash } from "node:crypto";
import { join } from "node:path";

/** An image of the server, by the name that a pod has for it. */
export interface ServerImage {
  readonly name: string;
  /** vLLM's version: the stub answers as that one. */
  readonly version: string;
}

/** What a node is to be. */
export interface NodeSpec {
  /** Where all of its files lie. */
  readonly folder: string;
  /** Its name in the cluster, where the Node must exist already. */
  readonly name: string;
  /** The cluster's, with its administrator's certificate. */
  readonly kubeconfig: string;
  /** File with the certificate by which API server and administrator are known. */
  readonly certificateAuthority: string;
  /** Where the API server listens on this machine, and by which address of its own it tells pods to ask it. */
  readonly api: { readonly host: string; readonly port: number; readonly advertised: string };
  /** On this machine's loopback, where the API server asks the kubelet. */
  readonly kubeletPort: number;
  /** Whether it has its card from the start on. */
  readonly gpu: "present" | "gone";
  readonly executables: NodeExecutables;
  readonly images: readonly ServerImage[];
}

/** Absolute paths. */
export interface NodeExecutables {
  /** Beside it lie its shim and ctr. */
  readonly containerd: string;
  readonly runc: string;
  /** Folder of the CNI plugins. */
  readonly plugins: string;
  readonly kubelet: string;
  readonly kubeProxy: string;
  readonly coredns: string;
  readonly kubeRouter: string;
}

/** Folder on this machine that pods see as the reference setup's folder for models. */
export const modelsFolder = (node: string): string => join(node, "models");

export const specFile = (node: string): string => join(node, "spec.json");

/** Holds the id of a process in the node's network, which outlives a loss of power. */
export const networkProcessFile = (node: string): string => join(node, "network-process");

/** Holds the id of the first process in the node's own mounts and processes. */
export const firstProcessFile = (node: string): string => join(node, "first-process");

/** What a node is told while it runs. */
export type NodeCommand =
  | `gpu ${"present" | "gone"}`
  | `power ${"on" | "off"}`
  | `restart ${"containerd" | "kubelet"}`;

/** Where its program is told so: a line each, and the answer is `done`, or why not. */
export const controlSocket = (node: string): string => join(node, "control.sock");

/** The control group of all that runs on the node: another one for each folder. */
export const cgroupOf = (node: string): string =>
  `/vllm-platform-${createHash("sha256").update(node).digest("hex").slice(0, 12)}`;

/** The argument by which a node's program is recognised among all processes. */
export const nodeArgument = (node: string): string => `--node=${node}`;
