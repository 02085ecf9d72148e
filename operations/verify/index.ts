/** `gpu-mode verify`: the order in which a live platform is asked. Nothing is changed. */
import type { Plan } from "../../stacks/plan/index.ts";
import { noticedAfterSeconds } from "../../stacks/plan/probes.ts";
import { targetsOf } from "../../stacks/plan/targets.ts";
import type { Project } from "../project.ts";
import { verifyGateway } from "./ask-gateway.ts";
import { type Check, type CheckName, judge, measured, type Report } from "./base/report.ts";
import type { Subject } from "./base/subject.ts";
import { chat, completion, stream } from "./checks/model.ts";
import { docs, health, key, models } from "./checks/paths.ts";
import { thoughts } from "./checks/thoughts.ts";
import { namedServer, ownServer } from "./find-server.ts";
import { verifyIdle } from "./idle.ts";
import { findPlatform, type VerifyOptions } from "./look.ts";
import { verifyOllama } from "./measures/ollama.ts";
import { measureSpeed } from "./measures/speed.ts";
import { measureStart } from "./measures/start.ts";
import { keyOf } from "./ways.ts";

/**
 * @throws Ended where there is nothing to verify, or nobody answers at the URL; UnreachableError where the cluster is needed.
 */
export async function verify(project: Project, options: VerifyOptions): Promise<Report> {
  const { url, signal, say } = options;
  const { plan, api } = await findPlatform(project, options);
  const report: Report = {
    mode: plan.mode,
    serves: plan.serves,
    way: api?.server ?? url ?? "",
    version: null,
    simulated: null,
    checks: [],
    measurements: [],
  };
  if (!plan.serves && api !== undefined) {
    say("that nobody is sent to a server, and Ollama");
    return { ...report, ...(await verifyIdle(api, plan, signal)) };
  }
  const found =
    url !== undefined || api === undefined
      ? await namedServer(url ?? "", options)
      : await ownServer(api, plan, options);
  if (found.server === undefined) {
    return { ...report, checks: found.there };
  }
  const { way, inner, pod, simulated, version } = found.server;
  const key = await keyOf(plan, api);
  const subject: Subject = {
    way,
    ...(inner === undefined ? {} : { inner }),
    ...(plan.route?.host === way.origin.hostname ? { route: plan.settings.route } : {}),
    servedNames: plan.server.servedNames,
    asksForKey: plan.apiKey,
    key,
    signal,
  };
  say(`the server, by ${way.name}`);
  const checks = await askServer(subject, plan);
  // Behind a simulated server the host may be a real home's.
  const gateway =
    url !== undefined || api === undefined || simulated !== null
      ? []
      : await verifyGateway(api, { plan, key, expected: "gpu", signal });
  say("its speed");
  const speed = await measureSpeed(subject, plan);
  say("its last start, and Ollama");
  const start = await measureStart(api, pod, plan, signal);
  const ollama = await verifyOllama(api, plan, signal);
  const { loss: target } = targetsOf(plan);
  const loss = measured("loss", "s", noticedAfterSeconds(plan.server.probes.readiness), {
    target,
    note: "at most, as the probes reckon it; --failover measures",
  });
  return {
    ...report,
    version,
    simulated,
    way: way.name,
    checks: [...found.there, ...checks, ...found.ofRoute, ...gateway, ollama.check],
    measurements: [...speed, ...start, loss, ollama.measurement],
  };
}

async function askServer(subject: Subject, plan: Plan): Promise<Check[]> {
  const asked: [CheckName, (subject: Subject) => Promise<string>][] = [
    ["health", health],
    ["models", models],
    ["completion", completion],
    ["chat", chat],
    ["stream", stream],
    ["thoughts", (one) => thoughts(one, plan)],
    ["docs", docs],
    ["key", key],
  ];
  const checks: Check[] = [];
  for (const [name, ask] of asked) {
    checks.push(await judge(name, subject.signal, () => ask(subject)));
  }
  return checks;
}
