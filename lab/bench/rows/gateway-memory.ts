/** What the gateway takes of Traefik's memory: the same load once by it, once by a route to the GPU alone, each in a new Traefik. */
import { setTimeout as sleep } from "node:timers/promises";
import { names, serverPort } from "../../../stacks/vocabulary/names.ts";
import { ask, type Question } from "../../gateway/ask.ts";
import type { Traefik } from "../../gateway/traefik.ts";
import { median } from "../runs/measure.ts";
import type { Measure } from "./row.ts";

const load = { rounds: 5, requests: 240, atOnce: 8 } as const;

const plainHost = "plain.home.example.org";
const plainRoute: object = {
  apiVersion: "traefik.io/v1alpha1",
  kind: "IngressRoute",
  metadata: { name: "plain", namespace: names.namespace },
  spec: {
    entryPoints: ["websecure"],
    routes: [
      {
        kind: "Rule",
        match: `Host(\`${plainHost}\`)`,
        services: [{ name: names.service, port: serverPort }],
      },
    ],
    tls: {},
  },
};

export interface Loaded {
  /** Its host is the gateway's. */
  readonly question: Question;
  readonly ofGateway: readonly object[];
  apply(items: readonly object[]): Promise<unknown>;
  remove(items: readonly object[]): Promise<unknown>;
}

/** The ways take turns, and leave Traefik without routes. */
export async function memoryByLoad(traefik: Traefik, loaded: Loaded): Promise<Measure[]> {
  const { question, ofGateway, apply, remove } = loaded;
  const ways = [
    { name: "a route to the GPU alone", objects: [plainRoute], host: plainHost, after: [] as number[] },
    { name: "the gateway", objects: ofGateway, host: question.host, after: [] as number[] },
  ];
  for (let round = 0; round < load.rounds; round++) {
    for (const { name, objects, host, after } of ways) {
      await apply(objects);
      await traefik.restart();
      const answered = async () => (await ask(traefik, { ...question, host })).status === 200;
      // It may have read the cluster before it listens.
      for (let tries = 0; !(await answered().catch(() => false)); tries++) {
        if (tries === 300) throw new Error(`no answer by ${name} within 30 s`);
        await sleep(100);
      }
      for (let sent = 0; sent < load.requests; sent += load.atOnce) {
        await Promise.all(Array.from({ length: load.atOnce }, answered));
      }
      after.push(await traefik.megabytes());
      await remove(objects);
    }
  }
  return ways.map(({ name, after }) => ({
    name: `memory of Traefik after ${load.requests} requests by ${name}, median of ${load.rounds}`,
    value: Math.round(median(after)),
    unit: "MB",
  }));
}
