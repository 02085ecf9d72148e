/**
 * `gpu-mode verify --failover`: takes the server away and measures how soon that is noticed, how soon the CPU answers, and when the
 * server is back. The pods are deleted: their Deployment makes new ones by itself, so nothing has to be undone, whatever
 * becomes of this command, and no field that the platform declares is touched.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { ClusterApi } from "../../cluster/api/index.ts";
import { podPath, readSnapshot } from "../../cluster/gpu-node/snapshot.ts";
import { readyEndpoints } from "../../cluster/readiness/endpoints.ts";
import { readModels } from "../../cluster/readiness/server-api.ts";
import { MissingRight } from "../../cluster/server/rights.ts";
import { wayToService } from "../../cluster/server/service-way.ts";
import type { Plan } from "../../stacks/plan/index.ts";
import { switchLimits, targetsOf } from "../../stacks/plan/targets.ts";
import { Ended } from "../../system/errors.ts";
import { ownLease } from "../own-lease.ts";
import type { Project } from "../project.ts";
import { reachedGateway } from "./ask-gateway.ts";
import { type Measurement, measured, orWhy, type Report, Wrong } from "./base/report.ts";
import { type GatewaySubject, servedBy } from "./checks/gateway.ts";
import { findPlatform, type VerifyOptions } from "./look.ts";
import { askOllama } from "./measures/ollama.ts";
import { askWho, findPod, podWay } from "./ways.ts";

/** How often the endpoints are looked at, in milliseconds. */
const askEveryMs = 100;

/** How long the endpoints may take to go, in seconds: the pods' whole time to end, and more. */
const goneWithinSeconds = 60;

/** The command, as whoever waits for the Lease reads it. */
const command = "gpu-mode verify --failover";

/** What is taken away. */
export interface Drill {
  plan: Plan;
  api: ClusterApi;
}

/** Whether there is a server to take away. Nothing is changed. @throws Ended where there is none */
export async function prepareFailover(project: Project): Promise<Drill> {
  const { plan, api } = await findPlatform(project, {});
  if (api === undefined || !plan.serves) {
    throw new Ended("refused", `Mode ${plan.mode} serves nothing, so there is no server to take away.`);
  }
  await Promise.all([findPod(api), readyEndpoints(api)]).catch((error: unknown) => {
    if (error instanceof Wrong || error instanceof MissingRight) {
      throw new Ended("refused", `The server cannot be taken away to be measured: ${error.message}.`);
    }
    throw error;
  });
  return { plan, api };
}

/** @throws Ended where somebody else is at work, or it is stopped: the server comes back all the same */
export async function failover(
  { plan, api }: Drill,
  { signal: stopped, say }: Pick<VerifyOptions, "signal" | "say">,
): Promise<Report> {
  const abort = new AbortController();
  const signal = AbortSignal.any([stopped, abort.signal]);
  const end = (message: string): void => abort.abort(new Ended("locked", message));
  const held = await ownLease(api, {
    command,
    frees: false,
    waiting: say,
    lost: (text) => end(`${text}.`),
    interrupted: (by) => end(`Interrupted by ${by}, which frees the GPU.`),
  });
  let deleted = false;
  try {
    signal.throwIfAborted();
    const { simulated, version } = await askWho(podWay(api, await findPod(api)), signal);
    // Behind a simulated server the host may be a real home's.
    const gateway = simulated === null ? await reachedGateway(api, plan, signal) : undefined;
    const names = (await readSnapshot(api)).pods.flatMap(({ metadata }) => metadata?.name ?? []);
    deleted = true;
    await Promise.all(names.map((name) => api.remove(podPath(name))));
    say(`what becomes of the endpoints; deleted: pod ${names.join(", ")}`);
    return {
      mode: plan.mode,
      serves: true,
      way: api.server,
      version,
      simulated,
      checks: [{ check: "server", state: "ok", found: `taken away: pod ${names.join(", ")}` }],
      measurements: await measureAbsence({ plan, api }, gateway, performance.now(), { signal, say }),
    };
  } catch (error) {
    const reason: unknown = signal.aborted ? signal.reason : error;
    throw deleted && reason instanceof Ended ? afterwards(reason) : reason;
  } finally {
    await held.release();
  }
}

async function measureAbsence(
  { plan, api }: Drill,
  gateway: GatewaySubject | undefined,
  since: number,
  { signal, say }: Pick<VerifyOptions, "signal" | "say">,
): Promise<Measurement[]> {
  const seconds = (): number => (performance.now() - since) / 1000;
  const { loss, ollama } = targetsOf(plan);
  const going = orWhy(
    signal,
    until(async () => (await readyEndpoints(api)) === 0, goneWithinSeconds, signal).then(seconds),
  );
  const asking = gateway === undefined ? going.then(() => askCpu(api, plan, signal)) : askGateway(gateway);
  const answering = orWhy(
    signal,
    asking.then((took) => ({ took, after: seconds() })),
  );
  const coming = going.then(() => {
    say("the CPU, and the server again");
    return until(() => isBack(api, plan), plan.server.warmStartSeconds + goneWithinSeconds, signal);
  });
  // All at once: when it is stopped, each of them ends.
  const [gone, answered, back] = await Promise.all([going, answering, orWhy(signal, coming.then(seconds))]);
  const [limit] = switchLimits(plan);
  return [
    measured("loss", "s", gone, {
      target: loss,
      note: "until no endpoint of the Service was ready, after its pod was deleted; a hang takes what the probes reckon",
    }),
    measured("ollama", "s", answered instanceof Error ? answered : answered.took, { target: ollama }),
    measured("takeover", "s", answered instanceof Error ? answered : answered.after, {
      note: `from the deletion on, for a client ${gateway === undefined ? "that asks /health first and then Ollama" : `of ${gateway.way.name}`}`,
    }),
    measured("return", "s", back, {
      target:
        limit === undefined
          ? undefined
          : { relation: "less than", value: limit.seconds, source: limit.source },
      note: "from the deletion on",
    }),
  ];
}

/** The seconds that the CPU's answer took, for a client that asks Ollama itself. */
async function askCpu(api: ClusterApi, plan: Plan, signal: AbortSignal): Promise<number> {
  const { ollamaUrl, ollamaModel } = plan.settings.fallback;
  return askOllama(await wayToService(api, ollamaUrl), ollamaModel, signal);
}

/** The same for one that asks the gateway again and again, until the CPU answers. */
async function askGateway(gateway: GatewaySubject): Promise<number> {
  let began = 0;
  const byCpu = async (): Promise<boolean> => {
    began = performance.now();
    return (await servedBy(gateway)) === "cpu";
  };
  await until(byCpu, goneWithinSeconds, gateway.signal);
  return (performance.now() - began) / 1000;
}

/** Whether requests get to a server that has the mode's names. */
async function isBack(api: ClusterApi, { server }: Plan): Promise<boolean> {
  if ((await readyEndpoints(api)) === 0) {
    return false;
  }
  const { names } = await readModels(api, await findPod(api));
  return server.servedNames.every((name) => names.includes(name));
}

/** Asks until it is so; what cannot be asked for a moment is not so. */
async function until(isSo: () => Promise<boolean>, seconds: number, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  while (!(await isSo().catch(() => false))) {
    signal.throwIfAborted();
    if (performance.now() > deadline) {
      throw new Error(`not within ${seconds} s`);
    }
    await sleep(askEveryMs, undefined, { signal });
  }
}

function afterwards({ exit, message }: Ended): Ended {
  const [why, then] =
    exit === "interrupted"
      ? ["Stopped", "its Deployment makes another one by itself. gpu-mode status tells when it serves"]
      : [message.replace(/\.$/, ""), "whoever is at work now decides what comes after it"];
  return new Ended(exit, `${why}. Nothing is left to be undone: the server's pod was deleted, and ${then}.`);
}
