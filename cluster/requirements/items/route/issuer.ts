import type { Finding } from "../../../findings/finding.ts";
import { byHand, listed, type Proposer, together, wanted } from "../proposal.ts";
import type { Read, Requirement } from "../requirement.ts";
import { type Certificate, certificatePath, whyNotReady } from "./certificate.ts";

interface Issuer {
  metadata: { name: string };
  status?: { conditions?: { type: string; status: string; reason?: string; message?: string }[] };
}

const path = "/apis/cert-manager.io/v1/clusterissuers";

/** The issuer that is to sign the route's certificate. */
export const issuer: Requirement & Proposer = {
  item: "ClusterIssuer",
  concerns: ({ route }) => route !== undefined,
  paths: () => [path, certificatePath],
  byHand: "kubectl get clusterissuer",
  judge({ route, settings }, read) {
    const name = settings.route.issuer;
    const host = route?.host ?? "";
    const list = read<{ items: Issuer[] }>(path);
    if (list === undefined) {
      return { state: "unknown", found: "not to be told without cert-manager" };
    }
    const found = list.items.find(({ metadata }) => metadata.name === name);
    if (found === undefined) {
      const others = list.items.map(({ metadata }) => metadata.name).sort();
      return {
        ...consequence(`there is no ClusterIssuer ${name}`, host, read),
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
            host,
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
function consequence(why: string, host: string, read: Read): Pick<Finding, "state" | "found"> {
  return whyNotReady(read<Certificate>(certificatePath), host) === undefined
    ? { state: "warning", found: `${why}; the certificate that is there goes on, and is not renewed` }
    : { state: "fault", found: `${why}, so the route gets no certificate` };
}
