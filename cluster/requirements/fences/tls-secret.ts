import { names } from "../../../stacks/vocabulary/names.ts";
import { adoptable } from "../../../stacks/vocabulary/objects.ts";
import type { Requirement } from "../items/requirement.ts";

/** By this cert-manager says whose certificate it keeps in a Secret. */
const certificateName = "cert-manager.io/certificate-name";

/** Whether cert-manager may write a certificate where a way in looks for it: a Secret of somebody else it would overwrite. */
function tlsSecretOf(item: string, way: "route" | "gateway", name: string): Requirement {
  const path = `/api/v1/namespaces/${names.namespace}/secrets/${name}`;
  /** `Kind/name` by which the setting `adopt` gives it to the platform. */
  const title = `Secret/${name}`;
  return {
    item,
    concerns: (plan) => plan[way] !== undefined,
    paths: () => [path],
    byHand: `kubectl get secret ${name} -n ${names.namespace} -o jsonpath='{.metadata.annotations}'`,
    judge({ adopt }, read) {
      const found = read<{ metadata: { annotations?: Record<string, string> } }>(path);
      if (found === undefined) {
        return { state: "ok", found: `${name} is not there yet, and is made by cert-manager` };
      }
      const owner = found.metadata.annotations?.[certificateName];
      if (owner === name || adopt.includes(title)) {
        return { state: "ok", found: name };
      }
      return {
        state: "fault",
        found: `${title.replace("/", " ")} in namespace ${names.namespace} is ${owner === undefined ? "not cert-manager's" : `that of Certificate ${owner}`}, and the ${way}'s certificate would overwrite it`,
        fix: adoptable.includes(title)
          ? `Remove or rename it, or let it be overwritten: vllm-platform:adopt: {value: [${title}]} in Pulumi.yaml`
          : "Remove or rename it",
      };
    },
  };
}

export const tlsSecret = tlsSecretOf("TLS Secret", "route", names.certificate);
export const gatewayTlsSecret = tlsSecretOf("gateway's TLS Secret", "gateway", names.gatewayCertificate);
