/** The public route as clients outside see it: by the address of Traefik's Service, kube-proxy, and Traefik in a pod. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { connect, createServer, type SecureVersion } from "node:tls";
import { planFromFiles } from "../../../../stacks/index.ts";
import { inClusterUrl, names } from "../../../../stacks/vocabulary/names.ts";
import { finish } from "../../../../system/processes.ts";
import { type Answer, ask, type Question } from "../../../gateway/ask.ts";
import { type Outside, openOutside } from "../../../gateway/pod/clients.ts";
import { serviceAddress, startTraefikPod, type TraefikPod } from "../../../gateway/pod/traefik.ts";
import { networkProcessFile } from "../../../node/index.ts";
import { projectRoot, sandboxPaths } from "../../../sandbox/base/paths.ts";
import { findToolchain } from "../../../toolchain/index.ts";
import { settled, wrongOf } from "../../base/common.ts";
import type { Drill } from "../../base/drill.ts";
import type { World } from "../../world/index.ts";
import { withSettings } from "../../world/settings.ts";

/** Whose the certificate is. */
const host = "vllm.home.example.org";
const certificate = join(projectRoot, "lab", "gateway", "pod", "certificate.pem");
const certificateKey = join(projectRoot, "lab", "gateway", "pod", "certificate-key.pem");

const models: Question = { host, path: "/v1/models" };
/** What answers, and what does not although the server has it, or another host has. */
const open: readonly Question[] = ["/v1/models", "/health", "/docs", "/openapi.json"].map((path) => ({
  host,
  path,
}));
const closed: readonly Question[] = [
  ...["/metrics", "/invocations", "/tokenize", "/v1", "/", "/v1/../metrics", "/v1/%2e%2e/metrics"].map(
    (path) => ({
      host,
      path,
    }),
  ),
  { ...models, headers: { host: "other.example.org" } },
  { ...models, host: "other.example.org" },
  { ...models, headers: { host: serviceAddress } },
];

export const publicRoute: Drill = {
  name: "public-route",
  title: "Clients outside of the node ask the public route, by kube-proxy and a Traefik in a pod",
  usual: 15,
  run: (world) =>
    withSettings(world, async (configure) => {
      await configure({ route: { host } });
      return withTraefik(world, async (traefik, outside) => {
        const answers = (question: Question): Promise<Answer> =>
          ask(outside, { ...question, signal: AbortSignal.timeout(5_000) });
        await traefik.setTrafficPolicy("Local");
        const listed = await settled(20, async () => [
          ...unless([200], await answers(models), "from home"),
          ...unless([403], await answers({ ...models, client: "elsewhere" }), "from elsewhere"),
          ...(await doctorSays(world, "Local")),
        ]);
        await requireThere(world, traefik, "/metrics");
        const ways = [
          ...(await wrongAnswers(answers, open, [200])),
          ...(await wrongAnswers(answers, closed, [400, 404])),
        ];
        const redirects = [
          ...redirected(301, await answers({ ...models, entryPoint: "web" })),
          ...redirected(308, await answers({ ...models, entryPoint: "web", body: "{}" })),
        ];
        const versions = await wrongVersions(outside);
        await traefik.setTrafficPolicy("Cluster");
        const blind = await settled(20, async () => [
          ...unless([200], await answers({ ...models, client: "elsewhere" }), "from elsewhere"),
          ...(await doctorSays(world, "Cluster")),
        ]);
        return [
          {
            requirement: "public-route",
            ...wrongOf("TLS 1.2 and 1.3 with the certificate of the Secret, and nothing older", 4, versions),
          },
          wrongOf("plain HTTP is sent to HTTPS", 2, redirects),
          wrongOf("the listed paths of the host answer, and no others", open.length + closed.length, ways),
          wrongOf("externalTrafficPolicy Local: who is not in the address list is refused", 3, listed.wrong),
          wrongOf(
            "externalTrafficPolicy Cluster: the list lets everybody in, and gpu-mode doctor says so",
            2,
            blind.wrong,
          ),
        ];
      });
    }),
};

async function withTraefik<T>(
  world: World,
  use: (traefik: TraefikPod, outside: Outside) => Promise<T>,
): Promise<T> {
  const { kubectl, sandbox } = world;
  // In cert-manager's place.
  const [cert, key] = await Promise.all([readFile(certificate), readFile(certificateKey)]);
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    type: "kubernetes.io/tls",
    metadata: {
      name: names.certificate,
      namespace: names.namespace,
      annotations: { "cert-manager.io/certificate-name": names.certificate },
    },
    data: { "tls.crt": cert.toString("base64"), "tls.key": key.toString("base64") },
  };
  await kubectl(["apply", "--server-side", "-f", "-"], JSON.stringify(secret));
  const executable = findToolchain(["traefik"])?.path("traefik") ?? "";
  const { image } = planFromFiles(projectRoot, "ml").server;
  const process = (await readFile(networkProcessFile(sandboxPaths(sandbox.dir).node), "utf8")).trim();
  let traefik: TraefikPod | undefined;
  let outside: Outside | undefined;
  try {
    traefik = await startTraefikPod({ kubectl, executable, image });
    outside = await openOutside(process, join(sandbox.dir, "outside"));
    return await use(traefik, outside);
  } finally {
    await outside?.close();
    await traefik?.remove();
    await kubectl(["delete", "secret", names.certificate, "-n", names.namespace]);
  }
}

function unless(expected: readonly number[], { status }: Answer, what: string): string[] {
  return expected.includes(status) ? [] : [`${what}: status ${status} in place of ${expected.join(" or ")}`];
}

async function wrongAnswers(
  answers: (question: Question) => Promise<Answer>,
  questions: readonly Question[],
  expected: readonly number[],
): Promise<string[]> {
  const wrong: string[] = [];
  for (const question of questions) {
    const what = `${question.headers?.host ?? question.host}${question.path}`;
    wrong.push(...unless(expected, await answers(question), what));
  }
  return wrong;
}

function redirected(expected: number, { status, headers: { location } }: Answer): string[] {
  const right = status === expected && location === `https://${host}${models.path}`;
  return right ? [] : [`plain HTTP: status ${status} and ${location} in place of ${expected}`];
}

/** Else a path that is not there would pass for one that is closed. */
async function requireThere(
  { kubectl }: World,
  { name, namespace }: TraefikPod,
  path: string,
): Promise<void> {
  const program = `fetch("${inClusterUrl}${path}").then(({ status }) => console.log(status))`;
  const status = await kubectl(["exec", name, "-n", namespace, "--", "node", "-e", program]);
  if (status.trim() !== "200") throw new Error(`the server answers ${path} with ${status.trim()} to Traefik`);
}

/** What the doctor says of the addresses that Traefik sees, where it is something else. */
async function doctorSays({ sandbox }: World, policy: "Local" | "Cluster"): Promise<string[]> {
  const { stdout } = await finish("gpu-mode", ["doctor", "ml", "--json"], { env: sandbox.environment() });
  const { findings } = JSON.parse(stdout) as { findings: { item: string; state: string; found: string }[] };
  const told = findings.find(({ item }) => item === "client addresses");
  const right = told?.state === (policy === "Local" ? "ok" : "warning") && told.found.includes(policy);
  return right ? [] : [`gpu-mode doctor says ${told?.found ?? "nothing"}`];
}

const versions: Readonly<Record<SecureVersion, "refused" | "taken">> = {
  TLSv1: "refused",
  "TLSv1.1": "refused",
  "TLSv1.2": "taken",
  "TLSv1.3": "taken",
};
/** Without it neither end here speaks the old versions. */
const ciphers = "DEFAULT:@SECLEVEL=0";

async function wrongVersions(outside: Outside): Promise<string[]> {
  const [cert, key] = await Promise.all([readFile(certificate), readFile(certificateKey)]);
  const speaks = createServer({ cert, key, ciphers, minVersion: "TLSv1" }).listen(0, "127.0.0.1");
  await once(speaks, "listening");
  const { port } = speaks.address() as AddressInfo;
  const wrong: string[] = [];
  try {
    for (const [name, expected] of Object.entries(versions)) {
      const version = name as SecureVersion;
      // Else a client that cannot speak it would pass for one that is refused.
      await handshake({ host: "127.0.0.1", port }, version, cert);
      const why = await handshake({ path: outside.socket("home", "websecure") }, version, cert).then(
        () => undefined,
        (error: Error) => error.message,
      );
      if ((why === undefined ? "taken" : "refused") !== expected) wrong.push(`${name}: ${why ?? "taken"}`);
    }
  } finally {
    speaks.close();
  }
  return wrong;
}

/** Agrees on a version, and that the certificate is the host's. @throws Error where they do not */
async function handshake(place: object, version: SecureVersion, ca: Buffer): Promise<void> {
  const asked = { servername: host, minVersion: version, maxVersion: version, ciphers, ca };
  const socket = connect({ ...place, ...asked });
  try {
    await once(socket, "secureConnect", { signal: AbortSignal.timeout(5_000) });
  } finally {
    socket.destroy();
  }
}
