import type { Plan } from "../../../../stacks/plan/index.ts";
import type { Finding } from "../../../findings/finding.ts";
import { byHand, listed, type Proposer, together, wanted } from "../proposal.ts";
import type { Read, Requirement } from "../requirement.ts";
import { hasWayIn } from "../ways-in.ts";
import { type Certificate, certificatesOf, whyNotReady } from "./certificate.ts";

interface Issuer {
  metadata: { name: string };
  status?: { conditions?: { type: string; status: string; reason?: string; message?: string }[] };
}

const path = "/apis/cert-manager.io/v1/clusterissuers";

/** The issuer that is to sign the certificates of the ways in. */
export const issuer: Requirement & Proposer = {
  item: "ClusterIssuer",
  concerns: hasWayIn,
  paths: (plan) => [path, ...certificatesOf(plan).map((one) => one.path)],
  byHand: "kubectl get clusterissuer",
  judge(plan, read) {
    const name = plan.settings.route.issuer;
    const list = read<{ items: Issuer[] }>(path);
    if (list === undefined) {
      return { state: "unknown", found: "not to be told without cert-manager" };
    }
    const found = list.items.find(({ metadata }) => metadata.name === name);
    if (found === undefined) {
      const others = list.items.map(({ metadata }) => metadata.name).sort();
      return {
        ...consequence(`there is no ClusterIssuer ${name}`, plan, read),
        fix:
          others.length === 0
            ? "Make one (https://cert-manager.io/docs/configuration/acme/), and name it in route.issuer"
            : `Name one of ${others.join(", ")} in route.issuer, or make it`,
      };
    }
    const ready = readyOf(found);
    return ready?.status === "True"
      ? { state: "ok", found: `${name} is ready` }
      : {
          ...consequence(
            `${name} is not ready: ${ready?.message ?? ready?.reason ?? "cert-manager has said nothing of it"}`,
            plan,
            read,
          ),
          fix: `Look what cert-manager says: \`kubectl describe clusterissuer ${name}\``,
        };
  },
  lists: [path],
  propose(read, { settings }) {
    const issuers = listed<Issuer>(read, path);
    if (issuers?.some(({ metadata }) => metadata.name === settings.route.issuer)) {
      return together([]);
    }
    const ready = (issuers ?? [])
      .filter((one) => readyOf(one)?.status === "True")
      .map(({ metadata }) => metadata.name);
    const [only, ...others] = ready;
    if (only !== undefined && others.length === 0) {
      return wanted({
        path: ["route", "issuer"],
        value: only,
        why: "the only ClusterIssuer that is ready",
      });
    }
    const why =
      issuers === undefined
        ? "these credentials may not read ClusterIssuers"
        : only === undefined
          ? "no ClusterIssuer is ready"
          : `several ClusterIssuers are ready: ${ready.join(", ")}`;
    return byHand({ key: "route.issuer", why, look: "`kubectl get clusterissuer`" });
  },
};

function readyOf({ status }: Issuer) {
  return status?.conditions?.find(({ type }) => type === "Ready");
}

/** Without its issuer a certificate that is ready goes on until its end, and another is never signed. */
function consequence(why: string, plan: Plan, read: Read): Pick<Finding, "state" | "found"> {
  const waiting = certificatesOf(plan).filter(
    ({ path, host, name }) => whyNotReady(read<Certificate>(path), host, name) !== undefined,
  );
  return waiting.length === 0
    ? { state: "warning", found: `${why}; the certificate that is there goes on, and is not renewed` }
    : {
        state: "fault",
        found: `${why}, so ${waiting.map(({ way }) => `the ${way}`).join(" and ")} gets no certificate`,
      };
}
