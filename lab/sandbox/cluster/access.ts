import { UserError } from "../../../system/errors.ts";
import { finish } from "../../../system/processes.ts";
import type { SandboxPaths } from "../base/paths.ts";

/** Variables for a kubectl of the sandbox's own: nothing of the user's `~/.kube` is read or written. */
export const ownKubectl = (paths: SandboxPaths): Record<string, string> => ({
  KUBECONFIG: paths.kubeconfig,
  KUBECACHEDIR: paths.kubectlCache,
  KUBERC: "off",
});

/** Everything that the sandbox itself declares carries this field manager. */
export const fieldManager = "vllm-platform-sandbox";

/** kubectl on the sandbox's cluster. */
export interface ClusterAccess {
  readonly kubectl: string;
  readonly paths: SandboxPaths;
  readonly signal?: AbortSignal;
}

/**
 * Runs kubectl and returns what it printed.
 *
 * @throws UserError with kubectl's own words when it fails.
 */
export async function kubectl(
  access: ClusterAccess,
  args: readonly string[],
  input?: string,
): Promise<string> {
  const { status, stdout, stderr } = await finish(access.kubectl, args, {
    env: { ...process.env, ...ownKubectl(access.paths) },
    input,
    signal: access.signal,
  });
  if (status === 0) return stdout;
  throw new UserError(`kubectl ${args[0]} failed on the sandbox's cluster: ${stderr.trim()}`);
}

/** Server-side apply; what others had set in the fields named here is taken over. */
export async function apply(access: ClusterAccess, objects: readonly object[]): Promise<void> {
  if (objects.length === 0) return;
  await kubectl(
    access,
    [...applyArguments(), "-f", "-"],
    JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }),
  );
}

/** The same for YAML files and folders of them. Returns the objects, each as `kind.group/name`. */
export async function applyFiles(access: ClusterAccess, paths: readonly string[]): Promise<string[]> {
  const files = paths.flatMap((path) => ["-f", path]);
  return (await kubectl(access, [...applyArguments(), "-o", "name", ...files])).trim().split("\n");
}

/** Server-side apply of the objects' statuses, as their controllers write them. */
export async function applyStatuses(access: ClusterAccess, objects: readonly object[]): Promise<void> {
  await kubectl(
    access,
    [...applyArguments(), "--subresource=status", "-f", "-"],
    JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }),
  );
}

function applyArguments(): string[] {
  return [
    "apply",
    "--server-side",
    "--force-conflicts",
    `--field-manager=${fieldManager}`,
    "--validate=ignore",
  ];
}

/** Merges into an object's status, as its controller would. */
export async function patchStatus(access: ClusterAccess, resource: string, status: object): Promise<void> {
  await patch(access, resource, { status }, ["--subresource=status"]);
}

export async function patch(
  access: ClusterAccess,
  resource: string,
  change: object,
  options: readonly string[] = [],
): Promise<void> {
  await kubectl(access, ["patch", resource, "--type=merge", "-p", JSON.stringify(change), ...options]);
}
