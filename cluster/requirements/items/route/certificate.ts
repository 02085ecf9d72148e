import type { Plan } from "../../../../stacks/plan/index.ts";
import { names } from "../../../../stacks/vocabulary/names.ts";
import type { Requirement } from "../requirement.ts";
import { waysIn } from "../ways-in.ts";

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

/** @param name of the Certificate. @default the route's */
export const certificatePath = (name: string = names.certificate): string =>
  `/apis/cert-manager.io/v1/namespaces/${names.namespace}/certificates/${name}`;

/** The certificates that a plan asks for, each with its host. */
export function certificatesOf(plan: Plan) {
  return waysIn(plan).map((way) => {
    const name = way === "route" ? names.certificate : names.gatewayCertificate;
    return { way, host: plan[way]?.host ?? "", name, path: certificatePath(name) };
  });
}

/**
 * Why clients do not accept what is shown to them at the host, as half a sentence; undefined where they do.
 * @param name of the certificate. @default the route's
 */
export function whyNotReady(
  certificate: Certificate | undefined,
  host: string,
  name: string = names.certificate,
): string | undefined {
  if (certificate === undefined) {
    return `there is no Certificate ${name}`;
  }
  const { spec } = certificate;
  if (!(spec?.dnsNames ?? []).includes(host)) {
    return `Certificate ${name} is for ${(spec?.dnsNames ?? []).join(", ") || "no host"}`;
  }
  const ready = readyCondition(certificate);
  if (ready?.status === "True") {
    return undefined;
  }
  const said = ready?.message ?? ready?.reason;
  return `Certificate ${name} is not ready: ${said ?? "cert-manager has said nothing of it"}`;
}

/** What cert-manager says of the certificate as it is asked for now; what it said of an earlier host or issuer says nothing. */
export function readyCondition({ metadata, status }: Certificate) {
  return status?.conditions?.find(
    ({ type, observedGeneration = Infinity }) =>
      type === "Ready" && observedGeneration >= (metadata.generation ?? 0),
  );
}

function certificateOf(item: string, way: "route" | "gateway", name: string): Requirement {
  const path = certificatePath(name);
  return {
    item,
    concerns: (plan) => plan[way] !== undefined,
    paths: () => [path],
    byHand: `kubectl get certificate ${name} -n ${names.namespace}`,
    judge(plan, read) {
      const host = plan[way]?.host ?? "";
      const found = read<Certificate>(path);
      // Of what the next update asks for, nothing is known yet.
      if (found === undefined || !found.spec?.dnsNames?.includes(host)) {
        return { state: "ok", found: `one for ${host} is asked for by the next update` };
      }
      const why = whyNotReady(found, host, name);
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
}

/** The certificate that clients are shown at the route's host. */
export const certificate = certificateOf("certificate", "route", names.certificate);
export const gatewayCertificate = certificateOf("gateway's certificate", "gateway", names.gatewayCertificate);
