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
  textByName,
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

/** Private ranges, and the one that Tailscale uses: nobody's address out on the internet. */
const privateRanges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"];

/** @param toClose the setting by which nobody is let in */
const addressRanges = (toClose: string, purpose: string) =>
  explain(
    list(addressRange, "address ranges")
      .min(1, {
        error: `must name at least one range; to close the ${toClose} set ${toClose}.enabled to false`,
      })
      .default(privateRanges),
    purpose,
    { example: ["192.168.0.0/16"] },
  );

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
    "ClusterIssuer of cert-manager that signs the certificate, and the gateway's.",
    { example: "letsencrypt-prod" },
  ),
  certificate: explain(certificate.prefault({}), "How long a certificate lasts, also the gateway's."),
  allowedRanges: addressRanges("route", "Client addresses that are let in."),
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

/** One way in that leads to Ollama while the GPU is away, by Traefik's own failover. */
export const gateway = group({
  enabled: explain(
    flag().default(false),
    "Whether there is a gateway: one host for clients, answered by the GPU, and by Ollama on the CPU where the server refuses, is away, or answers 502 to 504. Takes Traefik 3.7 or newer, and Ollama in namespace `ml`.",
    { example: true },
  ),
  host: explain(
    hostName.optional(),
    "Host name of the gateway and of its certificate; another one than `route.host`. Needed where `enabled` is `true`.",
    { example: "llm.home.example.org" },
  ),
  allowedRanges: addressRanges(
    "gateway",
    "Client addresses that are let in, outside and inside the cluster: pods reach it only where their range is among them (10.42.0.0/16 on k3s).",
  ),
  maxBodyMiB: explain(
    wholeNumber(1, 1024).default(8),
    "Longest body of a request in MiB; a longer one is answered 413. Traefik sets as much memory aside for each request under way, however short its body is.",
    { example: 32 },
  ),
  ollama: explain(
    group({
      podLabels: explain(
        textByName().default({ "app.kubernetes.io/name": "ollama" }),
        "Labels of Ollama's pods in namespace `ml`. The default is what its Helm chart sets. Of no use with `ollama.enabled`.",
        { example: { app: "ollama" } },
      ),
      createModel: explain(
        flag().default(false),
        "Whether the platform keeps Ollama's model `default` made, from `fallback.ollamaModel`, by a CronJob. One by `ollama.enabled` has it made anyway.",
        { example: true },
      ),
      contextTokens: explain(
        wholeNumber(2048, 1_048_576).default(8192),
        "Context that Ollama's model `default` must have, in tokens: its own API cannot ask for one, and without it the model would see the last few thousand tokens alone.",
        { example: 8192 },
      ),
    }).prefault({}),
    "Ollama, as the gateway's second server.",
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
