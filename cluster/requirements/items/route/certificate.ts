import { names } from "../../../../stacks/vocabulary/names.ts";
import type { Requirement } from "../requirement.ts";

/** What is read of cert-manager's object. */
export interface Certificate {
  metadata: { generation?: number; creationTimestamp?: string };
  spec?: { dnsNames?: string[] };
  status?: {
    notAfter?: string;
    conditions?: {
      type: string;
      status: string;
      reason?: string;
      message?: string;
      observedGeneration?: number;
    }[];
  };
}

export const certificatePath = `/apis/cert-manager.io/v1/namespaces/${names.namespace}/certificates/${names.certificate}`;

/** Why clients do not accept what is shown to them at the host, as half a sentence; undefined where they do. */
export function whyNotReady(certificate: Certificate | undefined, host: string): string | undefined {
  if (certificate === undefined) {
    return `there is no Certificate ${names.certificate}`;
  }
  const { spec } = certificate;
  if (!(spec?.dnsNames ?? []).includes(host)) {
    return `Certificate ${names.certificate} is for ${(spec?.dnsNames ?? []).join(", ") || "no host"}`;
  }
  const ready = readyCondition(certificate);
  if (ready?.status === "True") {
    return undefined;
  }
  const said = ready?.message ?? ready?.reason;
  return `Certificate ${names.certificate} is not ready: ${said ?? "cert-manager has said nothing of it"}`;
}

/** What cert-manager says of the certificate as it is asked for now; what it said of an earlier host or issuer says nothing. */
export function readyCondition({ metadata, status }: Certificate) {
  return status?.conditions?.find(
    ({ type, observedGeneration = Infinity }) =>
      type === "Ready" && observedGeneration >= (metadata.generation ?? 0),
  );
}

/** The certificate that clients are shown at the route's host. */
export const certificate: Requirement = {
  item: "certificate",
  concerns: ({ route }) => route !== undefined,
  paths: () => [certificatePath],
  byHand: `kubectl get certificate ${names.certificate} -n ${names.namespace}`,
  judge({ route }, read) {
    const host = route?.host ?? "";
    const found = read<Certificate>(certificatePath);
    // Of what the next update asks for, nothing is known yet.
    if (found === undefined || !found.spec?.dnsNames?.includes(host)) {
      return { state: "ok", found: `one for ${host} is asked for by the next update` };
    }
    const why = whyNotReady(found, host);
    return why === undefined
      ? {
          state: "ok",
          found: `ready for ${host}, until ${found.status?.notAfter ?? "an unknown time"}`,
        }
      : {
          state: "warning",
          found: `${why}; browsers and curl refuse https://${host} until it is`,
          fix: `Look what cert-manager waits for: \`kubectl describe certificate,certificaterequest,order,challenge -n ${names.namespace}\``,
        };
  },
};
