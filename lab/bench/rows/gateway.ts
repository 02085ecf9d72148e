import { setTimeout as sleep } from "node:timers/promises";
import { planFromFiles } from "../../../stacks/index.ts";
import { manifestsOf } from "../../../stacks/manifests/index.ts";
import { planGateway } from "../../../stacks/plan/gateway.ts";
import {
  names,
  ollamaPort,
  selectorLabels,
  servedByHeader,
  serverPort,
} from "../../../stacks/vocabulary/names.ts";
import { outputOf } from "../../../system/processes.ts";
import { openPodNetwork, silentAddress } from "../../gateway/addresses.ts";
import { type Answer, ask, type Question } from "../../gateway/ask.ts";
import { startServer } from "../../gateway/server.ts";
import { startTraefik } from "../../gateway/traefik.ts";
import type { PrivateNetwork } from "../../network/network.ts";
import { projectRoot } from "../../sandbox/base/paths.ts";
import { temporarySandbox } from "../../sandbox/temporary.ts";
import { ensureToolchain } from "../../toolchain/index.ts";
import { median } from "../runs/measure.ts";
import { memoryByLoad } from "./gateway-memory.ts";
import type { Measure, MeasuredRow } from "./row.ts";

const host = "llm.home.example.org";
const question: Question = {
  host,
  path: "/v1/chat/completions",
  body: JSON.stringify({ model: "default", messages: [{ role: "user", content: "Hello" }] }),
};
const times = 15;

/** The gateway's objects without the server's Deployment: the pods are ours, and no pulumi is in the way. */
function objects(): object[] {
  const plan = planFromFiles(projectRoot, "ml");
  const { settings } = plan;
  const gateway = planGateway({ ...settings, gateway: { ...settings.gateway, enabled: true, host } });
  if (gateway === undefined) throw new Error("the plan has no gateway");
  return manifestsOf({ ...plan, gateway }).filter(
    ({ kind, metadata: { labels } }) =>
      ["Namespace", "Service"].includes(kind) || labels?.["app.kubernetes.io/component"] === "gateway",
  );
}

const pod = (name: string, labels: object, containerPort: number): object => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: names.namespace, labels },
  spec: { containers: [{ name, image: name, ports: [{ name: "http", containerPort }] }] },
});

/** A pod's address on a node that is switched off and not yet known to be. */
const silentSlice: object = {
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: {
    name: "silent",
    namespace: names.namespace,
    labels: { "kubernetes.io/service-name": names.service },
  },
  addressType: "IPv4",
  ports: [{ name: "http", port: serverPort, protocol: "TCP" }],
  endpoints: [{ addresses: [silentAddress], conditions: { ready: true } }],
};

export const gateway: MeasuredRow = {
  name: "gateway",
  title: `The gateway on a real Traefik, before two stubs: until an answer's first byte, medians of ${times}`,
  usual: 120,
  async run({ progress, signal }) {
    const toolchain = await ensureToolchain({ progress, signal, parts: ["traefik"] });
    const sandbox = await temporarySandbox();
    let network: PrivateNetwork | undefined;
    try {
      await sandbox.start({ progress });
      network = await openPodNetwork(sandbox);
      const kubectl = (args: readonly string[], input?: string) =>
        outputOf("kubectl", args, { env: sandbox.environment(), input });
      const apply = (items: readonly object[]) =>
        kubectl(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
      const traefik = await startTraefik({ network, sandbox, executable: toolchain.path("traefik") });
      const idle = await traefik.megabytes();
      const [base, ofGateway] = [objects().filter(isBase), objects().filter((one) => !isBase(one))];
      await apply([
        ...base,
        pod("vllm", selectorLabels, serverPort),
        pod("ollama", { "app.kubernetes.io/name": "ollama" }, ollamaPort),
      ]);
      let server = await startServer(network, serverPort, true);
      await startServer(network, ollamaPort, false);
      const asked = (headers: Record<string, string> = {}) => ask(traefik, { ...question, headers });
      const first = async (
        name: string,
        whom: string,
        headers?: Record<string, string>,
      ): Promise<Measure> => {
        await served(whom, () => asked(headers));
        const all: number[] = [];
        for (let round = 0; round < times; round++) {
          const answer = await asked(headers);
          if (!isFrom(whom, answer)) throw new Error(`${name}: ${answer.status} ${answer.text}`);
          all.push(answer.firstMs);
        }
        return { name, value: Math.round(median(all)), unit: "ms" };
      };
      const remove = (items: readonly object[]) =>
        kubectl(["delete", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
      const memory = await memoryByLoad(traefik, { question, ofGateway, apply, remove });
      await apply(ofGateway);
      const measures: Measure[] = [];
      measures.push(await first("the GPU answers", "gpu"));
      for (const fault of ["503 as JSON", "503 chunked", "reset before the first byte"]) {
        measures.push(await first(`the CPU answers: ${fault}`, "cpu", { "x-fault": fault }));
      }
      await server.end();
      measures.push(await first("the CPU answers: refused", "cpu"));
      server = await startServer(network, serverPort, true);
      await served("gpu", asked);
      await kubectl(["delete", "pod", "vllm", "-n", names.namespace]);
      measures.push(await first("the CPU answers: no pod", "cpu"));
      await apply([silentSlice]);
      await sleep(2_000);
      measures.push(await first("the CPU answers: node without power, not yet noticed", "cpu"));
      measures.push(
        { name: "memory of Traefik that routes nothing yet", value: idle, unit: "MB" },
        ...memory,
      );
      await traefik.close();
      return measures;
    } finally {
      await network?.close();
      await sandbox.remove();
    }
  },
};

const isBase = (item: object): boolean =>
  !("metadata" in item && JSON.stringify(item.metadata).includes('"app.kubernetes.io/component":"gateway"'));

/** Traefik's own refusal bears the name of who should have answered, too. */
const isFrom = (whom: string, { status, headers }: Answer): boolean =>
  status === 200 && headers[servedByHeader] === whom;

async function served(whom: string, asked: () => Promise<Answer>): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (isFrom(whom, await asked())) return;
    await sleep(100);
  }
  throw new Error(`no answer of the ${whom} within 30 s`);
}
