import { names } from "../../../stacks/vocabulary/names.ts";
import type { Requirement } from "../items/requirement.ts";

const path = `/api/v1/namespaces/${names.namespace}/secrets/${names.certificate}`;

/** By this cert-manager says whose certificate it keeps in a Secret. */
const certificateName = "cert-manager.io/certificate-name";

/** `Kind/name` by which the setting `adopt` gives it to the platform. */
const title = `Secret/${names.certificate}`;

/** Whether cert-manager may write the route's certificate where the route looks for it: a Secret of somebody else it would overwrite. */
export const tlsSecret: Requirement = {
  item: "TLS Secret",
  concerns: ({ route }) => route !== undefined,
  paths: () => [path],
  byHand: `kubectl get secret ${names.certificate} -n ${names.namespace} -o jsonpath='{.metadata.annotations}'`,
  judge({ adopt }, read) {
    const found = read<{ metadata: { annotations?: Record<string, string> } }>(path);
    if (found === undefined) {
      return { state: "ok", found: `${names.certificate} is not there yet, and is made by cert-manager` };
    }
    const owner = found.metadata.annotations?.[certificateName];
    if (owner === names.certificate || adopt.includes(title)) {
      return { state: "ok", found: names.certificate };
    }
    return {
      state: "fault",
      found: `Secret ${names.certificate} in namespace ${names.namespace} is ${owner === undefined ? "not cert-manager's" : `that of Certificate ${owner}`}, and the route's certificate would overwrite it`,
      fix: `Remove or rename it, or let it be overwritten: vllm-platform:adopt: {value: [${title}]} in Pulumi.yaml`,
    };
  },
};
