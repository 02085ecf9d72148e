import { gpuNode } from "../../../sandbox/simulation/index.ts";
import {
  answered,
  freshPodWithClients,
  nobodyLeft,
  secondsOf,
  unanswered,
  whileAsked,
} from "../../base/common.ts";
import type { Drill, Finding } from "../../base/drill.ts";
import { heldByOne, whileHolding } from "../../base/watch.ts";
import { type Tried, until, type World } from "../../world/index.ts";

export const nodeLost: Drill = {
  name: "node-lost",
  title:
    "The GPU node loses its power, and has it again (not in the short form: with the mode changed meanwhile)",
  usual: 85,
  usualInFull: 150,
  async run(world, { short }) {
    await freshPodWithClients(world);
    const { done, most } = await whileHolding(world, async () => [
      ...(await untouched(world)),
      ...(short ? [] : await givenAway(world)),
    ]);
    return [...done, heldByOne(most)];
  },
};

/** The cluster's grace is 50 s from the last word that its controller saw, of whose looks before and after each may be 5 s late. */
const noticedSeconds = 65;

/** Nobody does anything until it is back. */
function untouched(world: World): Promise<Finding[]> {
  return whileAsked(world, async (clients) => {
    if ((await world.health(5)) !== 200) throw new Error("the server's /health is not 200");
    await world.tellNode("power off");
    const began = performance.now();
    const since = (): number => (performance.now() - began) / 1000;
    const [cpu, own, early] = await Promise.all([
      clients.first("cpu", 30),
      until("a client that gives /health 5 s has no answer", 30, () =>
        world.health(5).then(
          () => false,
          () => true,
        ),
      ),
      world.attempt("gpu-mode", ["status"]),
    ]);
    await until("the cluster knows that the node is away", 120, () => isAway(world));
    const known = since();
    await nobodyLeft(world);
    const nobody = since();
    const late = await world.attempt("gpu-mode", ["status"]);
    await world.tellNode("power on");
    const back = await secondsOf(() => world.serving());
    const others = (await world.serverPods()).filter(({ ready }) => !ready);
    return [
      answered(cpu),
      {
        requirement: "loss",
        promise: "a client that gives /health 5 s of its own knows in less than 10 s",
        value: own,
        unit: "s",
        atMost: 10,
      },
      {
        promise: "the cluster's grace: the node is NotReady",
        value: known,
        unit: "s",
        atMost: noticedSeconds,
      },
      { promise: "the Service has nobody left", value: nobody, unit: "s", atMost: noticedSeconds },
      { promise: answersSoon("status"), value: Math.max(early.seconds, late.seconds), unit: "s", atMost: 10 },
      {
        promise: "what it says: that the server does not answer, and then that the node is off",
        value: missing([early, /the server does not answer/], [late, /GPU node +k3s-gpu-worker: off/]),
        unit: "answers without it",
        atMost: 0,
      },
      {
        requirement: "return",
        promise: "serving again, by the gateway, too, in less than 3 min of power",
        value: back,
        unit: "s",
        atMost: 180,
      },
      { promise: "then pods beside the one that serves", value: others.length, unit: "pods", atMost: 0 },
      { promise: unanswered, value: await clients.stop(), unit: "requests" },
    ];
  });
}

/** The mode is changed while it is away: before the cluster knows that, and after. */
async function givenAway(world: World): Promise<Finding[]> {
  await world.tellNode("power off");
  const early = await world.attempt("gpu-mode", ["gaming"]);
  await until("the cluster knows that the node is away", 120, () => isAway(world));
  const late = await world.attempt("gpu-mode", ["gaming"]);
  await world.tellNode("power on");
  const gone = await until(
    "no pod of the server is left",
    120,
    async () => (await world.serverPods()).length === 0,
  );
  const back = await secondsOf(() => world.gpuMode("ml"));
  await world.serving();
  return [
    {
      promise: `${answersSoon("gaming")}, before the cluster knows`,
      value: early.seconds,
      unit: "s",
      atMost: 40,
    },
    { promise: `${answersSoon("gaming")}, once it does`, value: late.seconds, unit: "s", atMost: 15 },
    {
      promise: "what it says: that the GPU is given back, and what is not known",
      value: missing([early, /has not ended it/], [late, /GPU node k3s-gpu-worker is off/]),
      unit: "answers without it",
      atMost: 0,
    },
    { promise: "no pod stays Terminating once the node is back", value: gone, unit: "s", atMost: 60 },
    { promise: "then gpu-mode ml serves in less than 2 min", value: back, unit: "s", atMost: 120 },
  ];
}

const answersSoon = (command: string): string => `meanwhile gpu-mode ${command} answers`;

async function isAway(world: World): Promise<boolean> {
  const ready = `-o=jsonpath={.status.conditions[?(@.type=="Ready")].status}`;
  return (await world.kubectl(["get", "node", gpuNode, ready])) === "Unknown";
}

/** How many of the answers do not have the words that they should. */
const missing = (...answers: readonly [Tried, RegExp][]): number =>
  answers.filter(([{ words }, wanted]) => !wanted.test(words)).length;
