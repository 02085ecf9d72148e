/** The GPU node as a kubelet runs it, in the place of the simulated one. */
import { dirname } from "node:path";
import { planFromFiles } from "../../stacks/index.ts";
import { removeLeftovers, startNode } from "../node/index.ts";
import type { Toolchain } from "../toolchain/index.ts";
import { advertisedAddress } from "./base/cluster-config.ts";
import type { SandboxPaths } from "./base/paths.ts";
import { recordedPorts } from "./base/ports.ts";
import { nodeName, recordProcesses, runningProcesses } from "./base/processes.ts";
import { type ClusterAccess, kubectl } from "./cluster/access.ts";
import { listModes } from "./pulumi/project.ts";
import { gpuNode, readSimulation } from "./simulation/index.ts";
import { unknownVersion } from "./stub/interface/versions.ts";

/** Starts it in the background; one that runs is left alone. Ready once pods can run there. */
export async function startRealNode(access: ClusterAccess, toolchain: Toolchain): Promise<void> {
  const { paths } = access;
  const runs = (await runningProcesses(paths)).some(({ name }) => name === nodeName);
  if (!runs) await start(paths, toolchain);
  await recordProcesses(paths);
  await kubectl(access, ["wait", "--for=condition=Ready", "--timeout=60s", `node/${gpuNode}`]);
}

async function start(paths: SandboxPaths, toolchain: Toolchain): Promise<void> {
  await removeLeftovers(paths.node);
  const ports = await recordedPorts(paths);
  await startNode({
    folder: paths.node,
    name: gpuNode,
    kubeconfig: paths.kubeconfig,
    certificateAuthority: `${paths.certificates}/ca.crt`,
    api: { host: "127.0.0.1", port: ports.kubeApiserver, advertised: advertisedAddress },
    kubeletPort: ports.kubelet,
    gpu: (await readSimulation(paths)).gpu,
    executables: {
      containerd: toolchain.path("containerd"),
      runc: toolchain.path("runc"),
      plugins: dirname(toolchain.path("cni-plugins")),
      kubelet: toolchain.path("kubelet"),
      kubeProxy: toolchain.path("kube-proxy"),
      coredns: toolchain.path("coredns"),
      kubeRouter: toolchain.path("kube-router"),
    },
    images: await imagesOf(paths.files),
  });
}

/** What the modes run. One that is named by a sum cannot be made, and is missing as it would be without a network. */
async function imagesOf(files: string): Promise<{ name: string; version: string }[]> {
  const names = new Set<string>();
  for (const mode of await listModes(files)) names.add(planFromFiles(files, mode).server.image);
  return [...names]
    .filter((name) => !name.includes("@"))
    .map((name) => ({
      name: /^[^/]*[.:][^/]*\//.test(name) ? name : `docker.io/${name}`,
      version: /:v?(\d[\w.]*)$/.exec(name)?.[1] ?? unknownVersion,
    }));
}
