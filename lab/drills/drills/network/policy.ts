/** The NetworkPolicy as the controller of k3s enforces it, for each setting that changes it. */
import { planFromFiles } from "../../../../stacks/index.ts";
import { inClusterUrl, serverPort, traefikLabels } from "../../../../stacks/vocabulary/names.ts";
import { projectRoot } from "../../../sandbox/base/paths.ts";
import { gpuNode } from "../../../sandbox/simulation/index.ts";
import { renew, settled, somebodyAgain, wrongOf } from "../../base/common.ts";
import type { Drill } from "../../base/drill.ts";
import { host, until, type World } from "../../world/index.ts";
import { withSettings } from "../../world/settings.ts";

/** Pods that ask, by namespace and name. */
const askers = {
  own: { namespace: "ml", name: "asks" },
  apps: { namespace: "apps", name: "asks" },
  elsewhere: { namespace: "elsewhere", name: "asks" },
  elsewhereAsTraefik: { namespace: "elsewhere", name: "asks-as-traefik", labels: traefikLabels },
  system: { namespace: "kube-system", name: "asks" },
  traefik: { namespace: "kube-system", name: "asks-as-traefik", labels: traefikLabels },
};
type Asker = keyof typeof askers;
const all = Object.keys(askers) as Asker[];

interface Case {
  readonly about: string;
  /** Undefined where the mode stays as it is. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly admitted: readonly Asker[];
}

const gateway = { enabled: true, host };
const noRoute = { enabled: false };
const cases: readonly Case[] = [
  { about: "a route, a gateway and namespace apps", admitted: ["own", "apps", "traefik"] },
  {
    about: "a route alone",
    settings: { gateway: undefined, access: { namespaces: [] } },
    admitted: ["own", "traefik"],
  },
  {
    about: "neither, and another namespace",
    settings: { gateway: undefined, route: noRoute, access: { namespaces: ["elsewhere"] } },
    admitted: ["own", "elsewhere", "elsewhereAsTraefik"],
  },
  {
    about: "a gateway alone",
    settings: { gateway, route: noRoute, access: { namespaces: [] } },
    admitted: ["own", "traefik"],
  },
];

export const networkPolicy: Drill = {
  name: "network-policy",
  title: "Pods of all kinds ask the server, with route and gateway on and off, by Service and by address",
  usual: 40,
  async run(world) {
    await world.serving();
    try {
      await startAskers(world);
      return await withSettings(world, async (configure) => {
        const wrong: string[] = [];
        let latest = 0;
        const settles = async (about: string, admitted: readonly Asker[]): Promise<void> => {
          await somebodyAgain(world, 30);
          const found = await settled(20, () => compare(world, admitted));
          wrong.push(...found.wrong.map((what) => `with ${about}: ${what}`));
          latest = Math.max(latest, found.seconds);
        };
        for (const { about, settings, admitted } of cases) {
          if (settings !== undefined) await configure(settings);
          await settles(about, admitted);
        }
        const { namespace, name } = askers.system;
        const labels = Object.entries(traefikLabels).map((pair) => pair.join("="));
        await world.kubectl(["label", "pod", name, "-n", namespace, ...labels]);
        await settles("Traefik's label", ["own", "traefik", "system"]);
        const { foreign, own } = await askWhilePodIsMadeAnew(world);
        if (own === 0)
          throw new Error("not even a pod of namespace ml was answered by a pod that was made anew");
        return [
          wrongOf(
            "who is admitted reaches the server, and nobody else does",
            (cases.length + 1) * all.length * 2,
            wrong,
          ),
          { promise: "so it is, after gpu-mode has ended, at the latest", value: latest, unit: "s" },
          {
            promise:
              "a pod that is made anew answers nobody who is not admitted, from about a second after it has its address",
            value: foreign,
            unit: "answers",
            atMost: 0,
          },
        ];
      });
    } finally {
      await ofEach((pod) => world.kubectl(["delete", ...pod, "--ignore-not-found"]));
    }
  },
};

async function startAskers({ kubectl }: World): Promise<void> {
  const { image } = planFromFiles(projectRoot, "ml").server;
  const command = ["node", "-e", "setInterval(() => {}, 1000)"];
  const items = [
    ...["apps", "elsewhere"].map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })),
    ...Object.values(askers).map((metadata) => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata,
      spec: {
        nodeSelector: { "kubernetes.io/hostname": gpuNode },
        tolerations: [{ operator: "Exists" }],
        terminationGracePeriodSeconds: 1,
        containers: [{ name: "asks", image, command }],
      },
    })),
  ];
  await kubectl(
    ["apply", "--server-side", "-f", "-"],
    JSON.stringify({ apiVersion: "v1", kind: "List", items }),
  );
  await ofEach((pod) => kubectl(["wait", "--for=condition=Ready", "--timeout=60s", ...pod]));
}

/** Does something with each of them at once, by the words that kubectl knows it by. */
const ofEach = (work: (pod: string[]) => Promise<unknown>): Promise<unknown> =>
  Promise.all(Object.values(askers).map(({ namespace, name }) => work([`pod/${name}`, "-n", namespace])));

/** Prints for each address whether anybody answers there, whatever is said. */
const look = `
const answers = (url) => fetch(url, { signal: AbortSignal.timeout(3000) }).then(() => true, () => false);
Promise.all(process.argv.slice(1).map(answers)).then((all) => console.log(JSON.stringify(all)));`;

/** What is otherwise than that whoever is admitted reaches the server, and nobody else does. */
async function compare(world: World, admitted: readonly Asker[]): Promise<string[]> {
  const address = await addressOfServer(world);
  const urls = [inClusterUrl, `http://${address}:${serverPort}`].map((url) => `${url}/v1/models`);
  const looks = all.map(async (one) => {
    const reached = JSON.parse(await inPod(world, one, look, ...urls)) as boolean[];
    const expected = admitted.includes(one);
    return urls.flatMap((url, index) =>
      reached[index] === expected ? [] : [`${one} ${expected ? "does not reach" : "reaches"} ${url}`],
    );
  });
  return (await Promise.all(looks)).flat();
}

/** Asks for some seconds, and prints how often somebody answered. */
const askOften = `
const [, url, seconds] = process.argv;
const end = Date.now() + seconds * 1000;
const ask = (answers) =>
  Date.now() > end
    ? console.log(answers)
    : fetch(url, { signal: AbortSignal.timeout(1000) })
        .then(() => 1, () => new Promise((wake) => setTimeout(wake, 20, 0)))
        .then((more) => ask(answers + more));
ask(0);`;

/** How often the new pod has answered, at its own address, asked from when the cluster knows it and kubectl has begun to ask. */
async function askWhilePodIsMadeAnew(world: World): Promise<Record<"own" | "foreign", number>> {
  await world.behave({ loadSeconds: 0 });
  await renew(world, await world.readyPod());
  let address = "";
  await until("the new pod has an address", 30, async () => {
    address = await addressOfServer(world);
    return address !== "";
  });
  const asked = (["own", "elsewhere"] as const).map((one) =>
    inPod(world, one, askOften, `http://${address}:${serverPort}/v1/models`, "10"),
  );
  const [own = 0, foreign = 0] = (await Promise.all(asked)).map(Number);
  await world.behave({ loadSeconds: 3 });
  return { own, foreign };
}

/** Of the server's only pod; empty where it has none yet. */
function addressOfServer({ kubectl }: World): Promise<string> {
  return kubectl([
    "get",
    "pods",
    "-n",
    "ml",
    "-l",
    "app=vllm-server",
    "-o",
    "jsonpath={.items[*].status.podIP}",
  ]);
}

function inPod(world: World, asker: Asker, program: string, ...args: readonly string[]): Promise<string> {
  const { namespace, name } = askers[asker];
  return world.kubectl(["exec", name, "-n", namespace, "--", "node", "-e", program, ...args]);
}
