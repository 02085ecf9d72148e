import type { Plan } from "../../../stacks/plan/index.ts";
import { names } from "../../../stacks/vocabulary/names.ts";
import type { Requirement } from "./requirement.ts";

const path = `/api/v1/namespaces/${names.namespace}`;
const label = "pod-security.kubernetes.io/enforce";
/** From the one that admits least to the one that admits all (Kubernetes, Pod Security Standards). */
const levels: readonly string[] = ["restricted", "baseline", "privileged"];
type Level = "restricted" | "baseline" | "privileged";

/** The strictest level that admits the server's pod: `baseline` knows no hostPath, `restricted` no root. */
function admittedFrom({ cache, settings }: Pick<Plan, "cache" | "settings">): Level {
  if (cache.kind === "hostPath") {
    return "privileged";
  }
  return settings.security.runAsUser === undefined ? "baseline" : "restricted";
}

/** Whether the namespace admits the server's pod. */
export const podSecurity: Requirement = {
  item: "Pod Security",
  concerns: ({ serves }) => serves,
  paths: () => [path],
  byHand: `kubectl get namespace ${names.namespace} --show-labels`,
  judge(plan, read) {
    const namespace = read<{ metadata: { labels?: Record<string, string> } }>(path);
    if (namespace === undefined) {
      return {
        state: "ok",
        found: `namespace ${names.namespace} is not there yet, and is made without a level`,
      };
    }
    const level = namespace.metadata.labels?.[label];
    if (level === undefined) {
      return { state: "ok", found: `namespace ${names.namespace} sets no level` };
    }
    const admitted = admittedFrom(plan);
    if (levels.indexOf(level) >= levels.indexOf(admitted)) {
      return { state: "ok", found: `namespace ${names.namespace} enforces ${level}, which admits the pod` };
    }
    return {
      state: "fault",
      found: `namespace ${names.namespace} enforces ${level}, which refuses the server's pod: ${reasonFor(admitted)}`,
      fix: `\`kubectl label namespace ${names.namespace} ${label}=${admitted} --overwrite\`${wayFor(admitted)}`,
    };
  },
};

function reasonFor(admitted: Level): string {
  return admitted === "privileged"
    ? "its model files lie in a folder of the node (hostPath)"
    : "it runs as root";
}

function wayFor(admitted: Level): string {
  return admitted === "privileged"
    ? ", or keep the model files in a volume (`cache.claim`), which baseline admits, and restricted with `security.runAsUser`"
    : ", or run as another user (`security.runAsUser`)";
}
