import { keyFaultOf } from "../../../stacks/catalogue/advisories.ts";
import { keylessPaths } from "../../../stacks/catalogue/keyless-paths.ts";
import type { Plan } from "../../../stacks/plan/index.ts";
import { inClusterUrl } from "../../../stacks/vocabulary/names.ts";
import { versionText } from "../../../stacks/vocabulary/version.ts";
import type { Requirement } from "./requirement.ts";

interface Node {
  metadata: { name: string; annotations?: Record<string, string> };
  status?: { nodeInfo?: { kubeletVersion?: string } };
}

/** k3s's servers alone say what k3s was started with, and they have this label; all nodes of a large cluster are tens of megabytes. */
const serversPath = "/api/v1/nodes?labelSelector=node-role.kubernetes.io%2Fcontrol-plane";
const daemonSetsPath = "/apis/apps/v1/daemonsets";

/** Network plugins and controllers that enforce NetworkPolicies, by the names of their DaemonSets as their own manifests have them. */
const enforcing: readonly [daemonSet: RegExp, name: string][] = [
  [/^calico-node$/, "Calico"],
  [/canal$/, "Canal"],
  [/^cilium$/, "Cilium"],
  [/^antrea-agent$/, "Antrea"],
  [/^kube-router$/, "kube-router"],
  [/^weave-net$/, "Weave Net"],
  [/^kube-ovn-cni$/, "Kube-OVN"],
  [/^kube-network-policies/, "kube-network-policies"],
];

const withoutController = /^kube-flannel/;

const attempt = `Try it with a pod that must not get in: \`kubectl run fence-test -n default --rm -i --restart=Never --image=busybox -- wget -qO- -T 5 ${inClusterUrl}/health\` has to be refused or time out, while the server answers others`;

/** Whether anybody enforces the NetworkPolicy that fences the server's pod. The API server itself does not know. */
export const networkPolicy: Requirement = {
  item: "NetworkPolicy",
  paths: () => [serversPath, daemonSetsPath],
  byHand: "kubectl get daemonsets -A",
  judge(plan, read) {
    const sets = (read<{ items: { metadata: { name: string } }[] }>(daemonSetsPath)?.items ?? []).map(
      ({ metadata }) => metadata.name,
    );
    const plugin = enforcing.find(([pattern]) => sets.some((name) => pattern.test(name)));
    if (plugin !== undefined) {
      return { state: "ok", found: `enforced by ${plugin[1]}` };
    }
    const servers = read<{ items: Node[] }>(serversPath)?.items ?? [];
    const argumentsOfServers = servers.map(argumentsOf).filter(([first]) => first === "server");
    if (argumentsOfServers.some((words) => isOn(words, "--disable-network-policy"))) {
      return {
        state: "warning",
        found:
          "k3s was started with --disable-network-policy, and no other network plugin that enforces policies is known here, so every pod of the cluster reaches the server",
        fix: `Start k3s without --disable-network-policy${orByKey(plan)}`,
      };
    }
    if (argumentsOfServers.length > 0 && !argumentsOfServers.some(hasOtherPlugin)) {
      return { state: "ok", found: "enforced by the controller within k3s (kube-router)" };
    }
    return sets.some((name) => withoutController.test(name))
      ? {
          state: "warning",
          found:
            "flannel does not enforce policies, and no controller that does is known here, so every pod of the cluster reaches the server",
          fix: `Add a controller (https://github.com/kubernetes-sigs/kube-network-policies)${orByKey(plan)}`,
        }
      : { state: "unknown", found: "no network plugin is recognised", fix: attempt };
  },
};

/** Whether a key is another way, which depends on the engine: no Traefik is between pods and the server. */
function orByKey({ apiKey, server: { version } }: Plan): string {
  const fault = keyFaultOf(version);
  const guards = `guards /v1 and leaves ${keylessPaths[0]} and others open`;
  return fault === undefined
    ? apiKey
      ? `; the key that is asked for ${guards}`
      : `, or at least ask for a key (\`apiKey: true\`), which ${guards}`
    : `; a key is no way round it, as vLLM ${versionText(version)} ${fault.words} (${fault.id}, fixed in ${fault.below})`;
}

/** What k3s was started with, its configuration file included: it writes that to its nodes. */
function argumentsOf({ metadata }: Node): string[] {
  try {
    const words: unknown = JSON.parse(metadata.annotations?.["k3s.io/node-args"] ?? "[]");
    return Array.isArray(words) ? words.map(String) : [];
  } catch {
    return [];
  }
}

function isOn(words: readonly string[], flag: string): boolean {
  const place = words.findIndex((word) => word === flag || word.startsWith(`${flag}=`));
  return place >= 0 && words[place] !== `${flag}=false` && words[place + 1] !== "false";
}

/** Without flannel, whoever replaces it decides. */
function hasOtherPlugin(words: readonly string[]): boolean {
  return words.some(
    (word, place) =>
      word === "--flannel-backend=none" || (word === "--flannel-backend" && words[place + 1] === "none"),
  );
}
