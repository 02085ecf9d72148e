// Settings of who gets to the server, and where clients go while it is away.
import {
  addressRange,
  dnsName,
  duration,
  explain,
  flag,
  group,
  hostName,
  label,
  list,
  serverUrl,
  text,
  urlPath,
  webOrigin,
  wholeNumber,
} from "./fields.ts";

const certificate = group({
  duration: explain(
    duration("1h").default("2160h"),
    "Lifetime of a certificate, as a Go duration of at least `1h`.",
    {
      example: "2160h",
    },
  ),
  renewBefore: explain(
    duration("5m").default("720h"),
    "How long before its end it is renewed, as a Go duration of at least `5m` and shorter than `duration`.",
    { example: "720h" },
  ),
});

/** The public way in, through Traefik. */
export const route = group({
  enabled: explain(flag().default(true), "Whether there is a public route at all.", { example: false }),
  host: explain(
    hostName.optional(),
    "Host name of the route and of its certificate. Needed unless `enabled` is `false`; `gpu-mode init` proposes one.",
    { example: "vllm.home.example.org" },
  ),
  issuer: explain(
    dnsName.default("letsencrypt-prod"),
    "ClusterIssuer of cert-manager that signs the certificate.",
    { example: "letsencrypt-prod" },
  ),
  certificate: explain(certificate.prefault({}), "How long a certificate lasts."),
  allowedRanges: explain(
    list(addressRange, "address ranges")
      .min(1, { error: "must name at least one range; to close the route set route.enabled to false" })
      .default(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"]),
    "Client addresses that are let in.",
    { example: ["192.168.0.0/16"] },
  ),
  pathPrefixes: explain(
    list(urlPath, "paths").default(["/v1/"]),
    "Paths let in with everything below them.",
    { example: ["/v1/"] },
  ),
  paths: explain(
    list(urlPath, "paths").default(["/docs", "/openapi.json", "/health"]),
    "Paths let in as they are.",
    { example: ["/health"] },
  ),
  allowedOrigins: explain(
    list(webOrigin, "websites' origins").default([]),
    "Websites whose scripts may use the server from the browser of somebody whom the route lets in; `*` is every website. No client but a browser asks.",
    { example: ["https://chat.home.example.org"] },
  ),
});

/** Who may talk to the server inside the cluster. */
export const access = group({
  namespaces: explain(
    list(label, "namespaces").default([]),
    "Namespaces, besides the server's own, whose pods may connect.",
    { example: ["apps", "docs", "monitoring"] },
  ),
});

/** Where clients go while the GPU is away. */
export const fallback = group({
  ollamaUrl: explain(
    serverUrl.default("http://ollama.ml.svc.cluster.local:11434"),
    "URL of Ollama on the CPU.",
    { example: "http://ollama.ml.svc.cluster.local:11434" },
  ),
  ollamaModel: explain(text().default("llama3.2:1b"), "Model that Ollama answers with.", {
    example: "llama3.2:1b",
  }),
  healthTimeoutMs: explain(
    wholeNumber(100, 60_000).default(5000),
    "How long a client waits for `/health`, in milliseconds.",
    { example: 5000 },
  ),
  healthIntervalMs: explain(
    wholeNumber(1000, 600_000).default(10_000),
    "How often a client asks again, in milliseconds.",
    { example: 10000 },
  ),
});
