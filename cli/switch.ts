/** `gpu-mode <mode>`: what happens in which order. Each step is a function of `cluster/` or the engine's. */
import { hostname } from "node:os";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { type ClusterApi, UnreachableError } from "../cluster/api.ts";
import { claimData, readDeployment } from "../cluster/claim.ts";
import type { Connection } from "../cluster/connection.ts";
import { phases as waitPhases } from "../cluster/diagnosis.ts";
import { readGpuNodes, whyNoGpu } from "../cluster/gpu-node.ts";
import { acquireLease, type Held } from "../cluster/lease.ts";
import { type Leftovers, leftoversOf } from "../cluster/leftovers.ts";
import { readLive } from "../cluster/live.ts";
import { meanwhile, readOllama } from "../cluster/ollama.ts";
import { hasEnded, ownProcess } from "../cluster/own-process.ts";
import { promisedBy } from "../cluster/promised.ts";
import { releaseAtOnce } from "../cluster/release.ts";
import type { Outcome } from "../cluster/served.ts";
import { type Survey, surveyCluster } from "../cluster/survey.ts";
import { systemClocks } from "../cluster/update-lease.ts";
import { objectMetadata } from "../components/metadata.ts";
import { RefusedError } from "../stacks/errors.ts";
import { names } from "../stacks/names.ts";
import { deploymentObject, objectPath, objectTitle, possibleObjects } from "../stacks/objects.ts";
import type { Plan } from "../stacks/plan.ts";
import { Ended, endOf } from "./exit-codes.ts";
import { Phases, type PhaseView, phaseOfWait, type SwitchPhase } from "./phases.ts";
import { openCluster, type Project } from "./project.ts";
import { type Engine, EngineFailed, openEngine } from "./pulumi.ts";

export interface SwitchOptions {
  project: Project;
  mode: string;
  /** Declare a serving mode although the node cannot serve it now. */
  force: boolean;
  /** Ctrl-C. */
  signal: AbortSignal;
  view: (phases: readonly SwitchPhase[]) => Promise<PhaseView>;
}

export interface Switched {
  plan: Plan;
  /** The mode that was active before; undefined where none was. */
  from: string | undefined;
  /** Whether anything was done at all. */
  changed: boolean;
  outcome: Outcome;
  /** Seconds until users had what the mode promises. */
  reachedAfter: number;
  seconds: Partial<Record<SwitchPhase, number>>;
  removed: string[];
  kept: string[];
}

const servingPhases: readonly SwitchPhase[] = ["check", "apply", "release", "pull", "load", "serve", "tidy"];
const freeingPhases: readonly SwitchPhase[] = ["check", "claim", "release", "apply", "tidy"];

/**
 * Switches to a mode, or brings the active one in line with its files.
 * @throws Ended where that was refused or did not succeed.
 */
export async function switchTo(options: SwitchOptions): Promise<Switched> {
  const plan = options.project.planOf(options.mode);
  const phases = new Phases(await options.view(plan.serves ? servingPhases : freeingPhases));
  const { api, connection } = await openCluster(plan);
  const step = new Steps(options, plan, phases, api, connection);
  try {
    const done = await inOrder(step, plan, options);
    await phases.succeed();
    return { ...done, seconds: phases.seconds };
  } catch (error) {
    await phases.fail();
    throw await step.explained(error);
  } finally {
    await step.release();
  }
}

/** The order of a switch. */
async function inOrder(
  step: Steps,
  plan: Plan,
  { force }: SwitchOptions,
): Promise<Omit<Switched, "seconds">> {
  const found = await step.look();
  const from = found.survey.holder.mode;
  if (found.whole && !(await step.differs())) {
    const outcome = await step.confirm();
    const left = await step.leftovers();
    if (left.removable.length === 0) {
      return {
        plan,
        from,
        changed: false,
        outcome,
        reachedAfter: step.elapsed,
        removed: [],
        kept: titles(left.kept),
      };
    }
    await step.takeLease();
    return { plan, from, changed: true, outcome, reachedAfter: step.elapsed, ...(await step.tidy()) };
  }
  if (plan.serves && from !== plan.mode && !force) {
    await step.requireGpu();
  }
  await step.takeLease();
  const { outcome, reachedAfter } = plan.serves ? await step.serve() : await step.free();
  return { plan, from, changed: true, outcome, reachedAfter, ...(await step.tidy()) };
}

const titles = (objects: Leftovers["kept"]): string[] => objects.map(objectTitle);

/** The steps, and what they share. */
class Steps {
  private readonly options: SwitchOptions;
  private readonly plan: Plan;
  private readonly phases: Phases;
  private readonly api: ClusterApi;
  private readonly connection: Connection;
  /** Ends what is under way: Ctrl-C, or the loss of the Lease. */
  private readonly abort = new AbortController();
  private readonly signal: AbortSignal;
  private engineLoading: Promise<Engine> | undefined;
  private held: Held | undefined;
  private from: string | undefined;
  private switchNumber = 0;

  constructor(options: SwitchOptions, plan: Plan, phases: Phases, api: ClusterApi, connection: Connection) {
    this.options = options;
    this.plan = plan;
    this.phases = phases;
    this.api = api;
    this.connection = connection;
    this.signal = AbortSignal.any([options.signal, this.abort.signal]);
  }

  /** Seconds since the beginning. */
  get elapsed(): number {
    return this.phases.total;
  }

  /** Who has the GPU, and whether the mode is the active one with nothing left half done. */
  async look(): Promise<{ survey: Survey; whole: boolean }> {
    this.phases.begin("check", "who has the GPU");
    const [survey, deployment] = await Promise.all([
      this.survey(),
      this.api.get(objectPath(deploymentObject)),
    ]);
    this.signal.throwIfAborted();
    const { holder, claim, notices, warnings } = survey;
    this.from = holder.mode;
    for (const line of [...notices, ...warnings]) {
      this.phases.say(line);
    }
    const replicas = (deployment?.spec as { replicas?: number } | undefined)?.replicas;
    const whole =
      holder.claim?.stack === this.plan.mode &&
      readDeployment(deployment)?.switchNumber === claim.switchNumber &&
      replicas === this.plan.replicas;
    return { survey, whole };
  }

  /** Whether files and cluster ask for a change of the active mode. */
  async differs(): Promise<boolean> {
    const engine = await this.engine();
    const differs = await engine.differs(this.plan.mode);
    if (differs) {
      this.phases.say(`Mode ${this.plan.mode} is active and not as its files say; bringing it in line.`);
    }
    return differs;
  }

  /** @throws Ended where the GPU node cannot serve the mode now. Nothing has been changed then. */
  async requireGpu(): Promise<void> {
    const why = whyNoGpu(await readGpuNodes(this.api, this.plan), this.plan.replicas);
    if (why !== undefined) {
      const { mode } = this.plan;
      throw new Ended(
        "refused",
        `Mode ${mode} cannot serve now, as ${why}; ${meanwhile(await readOllama(this.api))}. Nothing was changed; gpu-mode ${mode} --force declares the mode all the same.`,
      );
    }
  }

  /** From here on nobody else changes the platform. @throws Ended where somebody is at work. */
  async takeLease(): Promise<void> {
    const held = await acquireLease(this.api, {
      holder: `gpu-mode ${this.plan.mode} on ${hostname()} (process ${process.pid})`,
      waiting: (text) => this.phases.say(text),
      lost: (text) => this.abort.abort(new Ended("locked", `${text}. This switch stops here; run it again.`)),
      clocks: systemClocks,
      process: ownProcess(),
      hasEnded,
    }).catch((error: unknown) => {
      throw error instanceof RefusedError ? new Ended("locked", error.message) : error;
    });
    this.held = held;
    this.signal.throwIfAborted();
  }

  /** Brings up a mode that serves, and asks the server for its names. */
  async serve(): Promise<{ outcome: Outcome; reachedAfter: number }> {
    let warning: string | undefined;
    this.phases.only("apply", "pulumi up");
    // Under the Lease: another switch may have come between the first look and now.
    await this.survey();
    await this.up((line) => {
      const [, phase, detail = ""] = waitLine.exec(line) ?? [];
      if (phase !== undefined) {
        this.phases.only(phaseOfWait[phase as keyof typeof phaseOfWait], detail);
      }
      warning = /^warning: (.*)/.exec(line)?.[1] ?? warning;
    });
    const outcome: Outcome =
      warning === undefined ? await this.confirm() : { state: "warning", detail: warning };
    return { outcome, reachedAfter: this.elapsed };
  }

  /** Frees the GPU: claim and Deployment at once, and the stack brought in line while the pod ends. */
  async free(): Promise<{ outcome: Outcome; reachedAfter: number }> {
    this.phases.only("claim");
    // Under the Lease, so that no other claim can have come between.
    const { claim } = await this.survey();
    const released = await releaseAtOnce(this.api, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: objectMetadata(names.claim, "claim"),
      data: claimData(claim),
    });
    this.phases.end("claim");
    this.phases.begin("apply", "pulumi up");
    const up = this.up(() => {}).then(() => this.phases.end("apply"));
    // Without it the engine's change comes first; before that, the old pod is no sign of anything.
    const gone = released ? this.gone() : up.then(() => this.gone());
    const [first] = await Promise.allSettled([up, gone]);
    if (first.status === "rejected") {
      throw first.reason;
    }
    return gone;
  }

  /** Waits until no pod is left on the GPU. The node's own word, that its memory is free too, has its place here. */
  private async gone(): Promise<{ outcome: Outcome; reachedAfter: number }> {
    this.phases.begin("release");
    const outcome = await this.waited((line) => this.phases.begin("release", line));
    this.phases.end("release");
    return { outcome, reachedAfter: this.elapsed };
  }

  /** Asks for what the mode promises, at last: the server for its names, or the cluster for the end of the pods. */
  async confirm(): Promise<Outcome> {
    this.phases.only(this.plan.serves ? "serve" : "release", this.plan.serves ? "asking the server" : "");
    return this.waited((line) => {
      const [, phase, detail = ""] = waitLine.exec(line) ?? [];
      if (phase !== undefined && !detail.startsWith("asking")) {
        this.phases.only(phaseOfWait[phase as keyof typeof phaseOfWait], detail);
      }
    });
  }

  private async waited(report: (line: string) => void): Promise<Outcome> {
    const [{ kubeConfigOf }, { waitUntilServed }] = await Promise.all([
      import("../cluster/client.ts"),
      import("../cluster/served.ts"),
    ]);
    const wanted = { promised: promisedBy(this.plan), switchNumber: this.switchNumber };
    const wait = waitUntilServed(kubeConfigOf(this.connection), wanted, report);
    const outcome = await Promise.race([wait, aborted(this.signal)]);
    if (outcome.state === "failed") {
      throw new Ended("failed", `Mode ${this.plan.mode} is declared, but not reached: ${outcome.detail}.`);
    }
    return outcome;
  }

  /** What the mode's files do not declare and a previous mode did. */
  async leftovers(): Promise<Leftovers> {
    const live = await readLive(this.api, possibleObjects);
    return leftoversOf(this.plan, live.of);
  }

  /** Removes what only a previous mode declared; what cannot be made again is named alone. */
  async tidy(): Promise<{ removed: string[]; kept: string[] }> {
    this.phases.only("tidy", "objects that only the previous mode declared");
    const left = await this.leftovers();
    await Promise.all(left.removable.map((object) => this.api.remove(objectPath(object))));
    return { removed: titles(left.removable), kept: titles(left.kept) };
  }

  /** Gives the Lease back. */
  async release(): Promise<void> {
    await this.held?.release();
  }

  /** The end that an error means. */
  async explained(error: unknown): Promise<unknown> {
    const { mode } = this.plan;
    if (this.abort.signal.aborted) {
      return this.abort.signal.reason;
    }
    if (this.options.signal.aborted) {
      return new Ended(
        "interrupted",
        `Stopped. Nothing is lost: gpu-mode ${mode} goes on from here${this.wayBack()}.`,
      );
    }
    const end = endOf(error);
    if (this.held === undefined && end !== undefined) {
      return end;
    }
    if (end?.exit === "unreachable" || (await this.isUnreachable())) {
      return new Ended(
        "unreachable",
        `The cluster stopped answering during the switch. When it answers again, gpu-mode ${mode} goes on from here.`,
      );
    }
    if (end?.exit === "failed" || error instanceof EngineFailed) {
      const reason = error instanceof EngineFailed ? failureSentence(mode, error.message) : end?.message;
      return new Ended("failed", `${reason} gpu-mode ${mode} tries again${this.wayBack()}.`);
    }
    return end ?? error;
  }

  private wayBack(): string {
    const { from } = this;
    return from === undefined || from === this.plan.mode ? "" : `, gpu-mode ${from} goes back`;
  }

  private async isUnreachable(): Promise<boolean> {
    return this.api.get(objectPath(deploymentObject)).then(
      () => false,
      (error: unknown) => error instanceof UnreachableError,
    );
  }

  private async survey(): Promise<Survey> {
    const { plan, options } = this;
    const survey = await surveyCluster(this.api, { plan, stack: plan.mode, folder: options.project.clone });
    this.switchNumber = survey.claim.switchNumber;
    return survey;
  }

  private engine(): Promise<Engine> {
    const { project } = this.options;
    this.engineLoading ??= openEngine({
      folder: project.folder,
      signal: this.signal,
      say: (text) => this.phases.say(text),
    });
    return this.engineLoading;
  }

  /** `pulumi up` under this program's Lease. @param waiting gets each line of the wait at its end. */
  private async up(waiting: (line: string) => void): Promise<void> {
    const engine = await this.engine();
    this.signal.throwIfAborted();
    await engine.up(this.plan.mode, this.held?.holder ?? "", ({ diagnosticEvent }: EngineEvent) => {
      if (diagnosticEvent?.urn?.endsWith("::vllm-served") && diagnosticEvent.severity === "info") {
        waiting(diagnosticEvent.message.trim());
      }
    });
  }
}

/** `load: loading the model`, as the wait at the end of an update tells it. */
const waitLine = new RegExp(`^(${waitPhases.join("|")}): (.*)$`);

/** Rejects when the signal fires. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fire = (): void => reject(signal.reason as Error);
    if (signal.aborted) fire();
    else signal.addEventListener("abort", fire, { once: true });
  });
}

/** The reason of a failed update in one sentence. */
export function failureSentence(mode: string, engineText: string): string {
  const reason = /^The mode is declared but not served: (.*)$/m.exec(engineText)?.[1];
  if (reason !== undefined) {
    return `Mode ${mode} is declared, but not served: ${reason}${/[.!?]$/.test(reason) ? "" : "."}`;
  }
  return `Mode ${mode} could not be brought up: ${engineText}`;
}
