import type { Finding } from "../../findings/finding.ts";
import { type Certificate, certificatePath, whyNotReady } from "./certificate.ts";
import type { Look, Read } from "./requirement.ts";

interface Issuer {
  metadata: { name: string };
  status?: { conditions?: { type: string; status: string; reason?: string; message?: string }[] };
}

const path = "/apis/cert-manager.io/v1/clusterissuers";

/** The issuer that is to sign the route's certificate. */
export const issuer: Look = {
  item: "ClusterIssuer",
  concerns: ({ route }) => route !== undefined,
  paths: () => [path, certificatePath],
  byHand: "kubectl get clusterissuer",
  judge({ settings }, read) {
    const name = settings.route.issuer;
    const list = read<{ items: Issuer[] }>(path);
    if (list === undefined) {
      return { state: "unknown", found: "not to be told without cert-manager" };
    }
    const found = list.items.find(({ metadata }) => metadata.name === name);
    if (found === undefined) {
      const others = list.items.map(({ metadata }) => metadata.name).sort();
      return {
        ...consequence(`there is no ClusterIssuer ${name}`, settings.route.host, read),
        fix:
          others.length === 0
            ? "Make one (https://cert-manager.io/docs/configuration/acme/), and name it in route.issuer"
            : `Name one of ${others.join(", ")} in route.issuer, or make it`,
      };
    }
    const ready = found.status?.conditions?.find(({ type }) => type === "Ready");
    return ready?.status === "True"
      ? { state: "ok", found: `${name} is ready` }
      : {
          ...consequence(
            `${name} is not ready: ${ready?.message ?? ready?.reason ?? "cert-manager has said nothing of it"}`,
            settings.route.host,
            read,
          ),
          fix: `Look what cert-manager says: \`kubectl describe clusterissuer ${name}\``,
        };
  },
};

/** Without its issuer a certificate that is ready goes on until its end, and another is never signed. */
function consequence(why: string, host: string, read: Read): Pick<Finding, "state" | "found"> {
  return whyNotReady(read<Certificate>(certificatePath), host) === undefined
    ? { state: "warning", found: `${why}; the certificate that is there goes on, and is not renewed` }
    : { state: "fault", found: `${why}, so the route gets no certificate` };
}
