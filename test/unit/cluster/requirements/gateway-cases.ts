// Every verdict about the gateway, with the objects that lead to it; cases.ts puts them beside the others.
import type { Plan } from "../../../../stacks/index.ts";
import { planGateway } from "../../../../stacks/plan/gateway.ts";
import { ownerLabels } from "../../../../stacks/vocabulary/names.ts";
import type { Case } from "./cases.ts";

const pods = "/api/v1/pods?labelSelector=app.kubernetes.io%2Fname%3Dtraefik";
const services = "/api/v1/services?labelSelector=app.kubernetes.io%2Fname%3Dtraefik";
const schemas = "/openapi/v3/apis/traefik.io/v1alpha1";
const ollama = "/api/v1/namespaces/ml/pods?labelSelector=app.kubernetes.io%2Fname%3Dollama";
const secret = "/api/v1/namespaces/ml/secrets/llm-gateway-tls";
const certificate = "/apis/cert-manager.io/v1/namespaces/ml/certificates/llm-gateway-tls";

const host = "llm.home.example.org";

/** A plan with a gateway and a route. */
export function withGateway(plan: Plan): Plan {
  const settings = { ...plan.settings, gateway: { ...plan.settings.gateway, enabled: true, host } };
  const gateway = planGateway(settings);
  return { ...plan, settings, ...(gateway === undefined ? {} : { gateway }) };
}

/** The same without a route. */
function gatewayAlone(plan: Plan): Plan {
  const { route: _, ...closed } = withGateway(plan);
  return closed;
}

const startedWith = (...args: string[]) => ({
  items: [{ metadata: { name: "traefik", namespace: "kube-system" }, spec: { containers: [{ args }] } }],
});
const definition = (...fields: string[]) => ({
  components: {
    schemas: {
      "io.traefik.v1alpha1.TraefikServiceList": {},
      "io.traefik.v1alpha1.TraefikService": {
        properties: { spec: { properties: Object.fromEntries(fields.map((name) => [name, {}])) } },
      },
    },
  },
});
const pod = (name: string, status: "True" | "False") => ({
  metadata: { name },
  status: { conditions: [{ type: "Ready", status }] },
});
const certificateOf = (status: "True" | "False") => ({
  metadata: { labels: ownerLabels },
  spec: { dnsNames: [host] },
  status: { notAfter: "2027-01-01", conditions: [{ type: "Ready", status, message: "waiting for HTTP-01" }] },
});
const service = { items: [{ metadata: { name: "traefik", namespace: "kube-system" } }] };
const emptyOn = "--providers.kubernetescrd.allowEmptyServices=true";
const turnOn =
  "Turn it on: `providers.kubernetesCRD.allowEmptyServices: true` in the values of Traefik's chart, which on k3s stand in a HelmChartConfig, or set gateway.enabled: false";
const without =
  "Traefik runs without providers.kubernetescrd.allowEmptyServices, so the gateway would answer 404 while the GPU is away";
const instead = `Clients inside the cluster take https://${host} instead`;

type Verdict = Omit<Case, "about" | "plan"> & Partial<Pick<Case, "about" | "plan">>;

export const gatewayCases = (plan: Plan): Verdict[] =>
  (
    [
      {
        item: "Traefik's failover",
        state: "ok",
        found: "the cluster's TraefikService has it",
        objects: { [schemas]: definition("weighted", "failover") },
      },
      {
        item: "Traefik's failover",
        state: "fault",
        found: "the cluster's TraefikService has no failover, which came with Traefik 3.7",
        fix: "Update k3s to 1.34.9, 1.35.6, 1.36.2 or newer, which bring it (a Traefik of your own: its definitions, too), or set gateway.enabled: false",
        objects: { [schemas]: definition("weighted", "mirroring") },
      },
      {
        item: "Traefik's failover",
        state: "unknown",
        found: "not to be told without Traefik's definitions",
        objects: {},
      },
      {
        item: "empty Services",
        state: "ok",
        found: "Traefik runs with providers.kubernetescrd.allowEmptyServices",
        objects: { [pods]: startedWith("--ping", emptyOn.toLowerCase()) },
      },
      {
        about: "turned off",
        item: "empty Services",
        state: "fault",
        found: without,
        fix: turnOn,
        objects: { [pods]: startedWith(emptyOn.replace("true", "false")) },
      },
      {
        about: "left at Traefik's own default",
        item: "empty Services",
        state: "fault",
        found: without,
        fix: turnOn,
        objects: { [pods]: startedWith("--providers.kubernetescrd") },
      },
      {
        item: "empty Services",
        state: "unknown",
        found: "no argument of a pod of Traefik tells of providers.kubernetescrd.allowEmptyServices",
        fix: "See that it is on: without it clients get 404 from the gateway while the GPU is away",
        objects: { [pods]: startedWith("--configFile=/etc/traefik.yaml") },
      },
      {
        item: "gateway's name in the cluster",
        state: "ok",
        found: "http://llm-gateway.ml.svc.cluster.local",
        objects: { [services]: service, [pods]: startedWith(emptyOn) },
      },
      {
        item: "gateway's name in the cluster",
        state: "warning",
        found:
          "there is no Service traefik in namespace kube-system, to which http://llm-gateway.ml.svc.cluster.local leads",
        fix: instead,
        objects: { [services]: { items: [{ metadata: { name: "traefik", namespace: "traefik" } }] } },
      },
      {
        item: "gateway's name in the cluster",
        state: "warning",
        found:
          "Traefik sends all of plain HTTP to :443, so http://llm-gateway.ml.svc.cluster.local leads to HTTPS without a certificate for that name",
        fix: instead,
        objects: {
          [services]: service,
          [pods]: startedWith("--entryPoints.web.http.redirections.entryPoint.to=:443"),
        },
      },
      {
        item: "Ollama's pods",
        state: "ok",
        found: "ollama-1 by app.kubernetes.io/name=ollama",
        objects: { [ollama]: { items: [pod("ollama-0", "False"), pod("ollama-1", "True")] } },
      },
      {
        item: "Ollama's pods",
        state: "warning",
        found: "ollama-0 is not ready: while the GPU is away the gateway answers 503",
        fix: "See why: `kubectl describe pods -n ml -l app.kubernetes.io/name=ollama`",
        objects: { [ollama]: { items: [pod("ollama-0", "False")] } },
      },
      {
        item: "Ollama's pods",
        state: "warning",
        found:
          "no pod of namespace ml has the labels app.kubernetes.io/name=ollama: while the GPU is away the gateway answers 503",
        fix: "Install Ollama there (https://github.com/otwld/ollama-helm), or name the labels that its pods have in gateway.ollama.podLabels: `kubectl get pods -n ml --show-labels`",
        objects: {},
      },
      {
        item: "gateway's TLS Secret",
        state: "fault",
        found:
          "Secret llm-gateway-tls in namespace ml is not cert-manager's, and the gateway's certificate would overwrite it",
        fix: "Remove or rename it",
        objects: { [secret]: { metadata: {} } },
      },
      {
        item: "gateway's certificate",
        state: "ok",
        found: `ready for ${host}, until 2027-01-01`,
        objects: { [certificate]: certificateOf("True") },
      },
      {
        item: "gateway's certificate",
        state: "warning",
        found: `Certificate llm-gateway-tls is not ready: waiting for HTTP-01; browsers and curl refuse https://${host} until it is`,
        fix: "Look what cert-manager waits for: `kubectl describe certificate,certificaterequest,order,challenge -n ml`",
        objects: { [certificate]: certificateOf("False") },
      },
      {
        about: "a gateway alone",
        plan: gatewayAlone(plan),
        item: "Traefik",
        state: "fault",
        found:
          "the cluster has no ingressroutes, middlewares of traefik.io/v1alpha1, so there can be no gateway",
        fix: "Install Traefik 3, which k3s brings from 1.32 on unless it was started with --disable traefik, or close the gateway with gateway.enabled: false",
        objects: {},
      },
      {
        about: "a route that has its certificate, and a gateway that has none yet",
        item: "ClusterIssuer",
        state: "fault",
        found: "there is no ClusterIssuer letsencrypt-prod, so the gateway gets no certificate",
        fix: "Name one of home in route.issuer, or make it",
        objects: {
          "/apis/cert-manager.io/v1/clusterissuers": { items: [{ metadata: { name: "home" } }] },
          "/apis/cert-manager.io/v1/namespaces/ml/certificates/vllm-tls": {
            ...certificateOf("True"),
            spec: { dnsNames: [plan.route?.host] },
          },
        },
      },
      {
        about: "a key that Ollama does not ask for",
        plan: { ...withGateway(plan), apiKey: true },
        item: "client addresses",
        state: "warning",
        found:
          "Service traefik has externalTrafficPolicy Cluster, so Traefik does not see the clients' addresses and the address list admits everyone; the API key guards the server, and nothing guards Ollama behind the gateway",
        fix: "Set externalTrafficPolicy: Local for it (SECURITY.md has the manifest for k3s), or do not rely on addresses: close every way in from outside (`route.enabled: false and gateway.enabled: false`)",
        objects: {
          [services]: {
            items: [
              {
                metadata: { name: "traefik" },
                spec: { type: "LoadBalancer", externalTrafficPolicy: "Cluster" },
              },
            ],
          },
        },
      },
    ] as Verdict[]
  ).map((verdict) => ({ plan: withGateway(plan), ...verdict }));
