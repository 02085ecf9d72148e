/** The steps of a switch, and what they share. Each is a function of `cluster/`, or the engine's. */
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { ApiError, type ClusterApi } from "../cluster/api.ts";
import type { Finding } from "../cluster/check/finding.ts";
import { checkMembership, nodeSubject } from "../cluster/check/index.ts";
import { refusal } from "../cluster/check/refusal.ts";
import { faultsOf, findingLine } from "../cluster/check/verdict.ts";
import { readDeployment } from "../cluster/claim.ts";
import { type Connection, isSandbox } from "../cluster/connection.ts";
import { diagnose } from "../cluster/diagnosis.ts";
import { type Held, isInterruptible } from "../cluster/lease.ts";
import type { Leftovers } from "../cluster/leftovers.ts";
import { hasEnded } from "../cluster/own-process.ts";
import { promisedBy } from "../cluster/promised.ts";
import { releaseAtOnce } from "../cluster/release.ts";
import { impairments, notAllowed, surveyAndCheck, unmet } from "../cluster/requirements.ts";
import { type Route, readRoute } from "../cluster/route.ts";
import { type Outcome, waitUntilServed } from "../cluster/served.ts";
import { readSnapshot } from "../cluster/snapshot.ts";
import { type Survey, type SurveyOptions, surveyCluster } from "../cluster/survey.ts";
import { deploymentObject, objectPath, objectTitle } from "../stacks/objects.ts";
import type { Plan } from "../stacks/plan.ts";
import { Ended } from "./exit-codes.ts";
import { endOfSwitch, reasonOf } from "./failures.ts";
import { type Phases, phaseOfWait, waitLine } from "./phases.ts";
import type { Project } from "./project.ts";
import { type Engine, openEngine } from "./pulumi.ts";
import { readNodeAccess } from "./ssh-key.ts";
import { leaseForSwitch } from "./switch-lease.ts";

export interface StepOptions {
  project: Project;
  /** Declare a serving mode although it cannot work now. */
  force: boolean;
  /** Ctrl-C. */
  signal: AbortSignal;
}

/** What the mode promises was reached, or will be when the node is back. */
interface Reached {
  outcome: Outcome;
  /** Seconds since the beginning. */
  reachedAfter: number;
}

/** One switch to one mode. */
export class Steps {
  private readonly options: StepOptions;
  private readonly plan: Plan;
  private readonly phases: Phases;
  private readonly api: ClusterApi;
  private readonly connection: Connection;
  /** Ends what is under way: Ctrl-C, or the loss of the Lease. */
  private readonly abort = new AbortController();
  private readonly signal: AbortSignal;
  private readonly engine: Engine;
  private held: Held | undefined;
  private activeMode: string | undefined;
  private switchNumber = 0;
  private left: Leftovers = { removable: [], kept: [] };
  /** What the cluster lacks, as of the first look; only what stops this update. */
  private unmet: readonly Finding[] = [];

  constructor(options: StepOptions, plan: Plan, phases: Phases, api: ClusterApi, connection: Connection) {
    this.options = options;
    this.plan = plan;
    this.phases = phases;
    this.api = api;
    this.connection = connection;
    this.signal = AbortSignal.any([options.signal, this.abort.signal]);
    this.engine = openEngine({
      folder: options.project.folder,
      signal: this.signal,
      say: (text) => phases.say(text),
    });
  }

  /** Seconds since the beginning. */
  get elapsed(): number {
    return this.phases.total;
  }

  /** The mode that was active when that was last looked at; undefined where none was. */
  get from(): string | undefined {
    return this.activeMode;
  }

  /** What only something before this mode declared, as the last look had it: the update removes it, or it is kept. */
  get leftovers(): { removed: string[]; kept: string[] } {
    const { removable, kept } = this.left;
    return { removed: removable.map(objectTitle), kept: kept.map(objectTitle) };
  }

  /** Who has the GPU, and whether the mode is the active one with nothing left half done. */
  async look(): Promise<{ whole: boolean }> {
    this.phases.begin("check", "who has the GPU");
    const [{ survey, findings }, deployment, mayTakeIt] = await Promise.all([
      surveyAndCheck(this.api, this.surveyOptions, { onlyReads: false }),
      this.api.get(objectPath(deploymentObject)),
      // A switch that has only begun is about to take the GPU, though nothing is to be seen of it yet.
      !this.plan.serves && isInterruptible(this.api, { hasEnded }),
    ]).catch(async (error: unknown) => {
      throw error instanceof ApiError ? await notAllowed(error, this.api, this.plan) : error;
    });
    this.signal.throwIfAborted();
    const { holder, claim, notices, warnings } = this.noted(survey);
    this.unmet = this.options.force ? [] : unmet(this.plan, findings);
    const told = findings.filter((finding) => !this.unmet.includes(finding));
    for (const line of [...notices, ...warnings, ...impairments(told).map((text) => `Warning: ${text}`)]) {
      this.phases.say(line);
    }
    const replicas = (deployment?.spec as { replicas?: number } | undefined)?.replicas;
    const whole =
      !mayTakeIt &&
      holder.claim?.stack === this.plan.mode &&
      readDeployment(deployment)?.switchNumber === claim.switchNumber &&
      replicas === this.plan.replicas;
    return { whole };
  }

  /**
   * Compares the active mode with files and cluster.
   * @returns what users have of it; undefined where something is to be changed.
   */
  async compare(): Promise<Outcome | undefined> {
    if (await this.engine.differs(this.plan.mode)) {
      this.phases.say(`Mode ${this.plan.mode} is active and not as its files say; bringing it in line.`);
      return undefined;
    }
    // The Deployment is the plan's, so a pod of it that is ready serves what the plan says.
    const diagnosis = diagnose(await readSnapshot(this.api));
    if (diagnosis.state === "settled" && (diagnosis.pod !== undefined) === this.plan.serves) {
      // It stops nothing where nothing is to be done; the next start of the server would meet it.
      for (const fault of this.unmet) {
        this.phases.say(`Warning: ${findingLine(fault)}`);
      }
      return { state: "reached", detail: "as it should be" };
    }
    if (this.unmet.length > 0) {
      return undefined; // no use to wait for what cannot come
    }
    const outcome = await this.waited();
    if (outcome.state !== "superseded") {
      return outcome;
    }
    // No Lease was held yet, so another switch may well have come between: this one then comes after it.
    await this.survey();
    this.phases.say(`Meanwhile ${outcome.detail}.`);
    return undefined;
  }

  /** @throws RefusedError where cluster or GPU node cannot serve the mode now. Nothing has been changed then. */
  async requireCluster(): Promise<void> {
    this.engine.prepare();
    const { plan, api } = this;
    const ofNode =
      this.activeMode === plan.mode
        ? []
        : (await checkMembership(nodeSubject(plan), { api, switching: true })).findings;
    const faults = [...faultsOf(ofNode), ...this.unmet];
    if (faults.length > 0) {
      throw refusal("cluster", plan.mode, faults);
    }
    for (const finding of ofNode.filter(({ state }) => state === "unknown")) {
      this.phases.say(findingLine(finding));
    }
  }

  /** From here on nobody else changes the platform. @throws Ended where somebody is at work who is not interrupted. */
  async takeLease(): Promise<void> {
    this.held = await leaseForSwitch(this.api, {
      mode: this.plan.mode,
      frees: !this.plan.serves,
      say: (text) => this.phases.say(text),
      abort: this.abort,
    });
    this.signal.throwIfAborted();
  }

  /** Brings up a mode that serves, and asks the server for its names. */
  async serve(): Promise<Reached> {
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
  async free(): Promise<Reached> {
    this.phases.only("claim");
    // Under the Lease, so that no other claim can have come between.
    const { claim } = await this.survey();
    const released = await releaseAtOnce(this.api, claim);
    this.phases.end("claim");
    if (released) {
      this.phases.begin("release");
    }
    this.phases.begin("apply", "pulumi up");
    const up = this.up(() => {}).then(() => this.phases.end("apply"));
    // Without it the engine's change comes first; before that, the old pod is no sign of anything.
    const gone = released ? this.gone() : up.then(() => this.gone());
    const [brought, freed] = await Promise.allSettled([up, gone]);
    if (brought.status === "rejected") {
      throw released && freed.status === "fulfilled" && !this.signal.aborted
        ? new Ended(
            "failed",
            `The GPU is given back, but stack ${this.plan.mode} could not be brought in line: ${reasonOf(brought.reason)}`,
          )
        : brought.reason;
    }
    return gone;
  }

  /** Waits until no pod is left on the GPU, and nothing of one on the card. */
  private async gone(): Promise<Reached> {
    this.phases.begin("release");
    const podsGone = this.undisturbed(
      await this.wait((line) => this.phases.begin("release", waitLine.exec(line)?.groups?.detail ?? line)),
    );
    const outcome = podsGone.state === "reached" ? await this.cardFreed() : podsGone;
    this.phases.end("release");
    return { outcome, reachedAfter: this.elapsed };
  }

  /** The node's own word, where it can be asked. */
  private async cardFreed(): Promise<Outcome> {
    const detail = "no pod is left on the GPU";
    const access = await readNodeAccess(this.plan);
    if (access === undefined) {
      return { state: "reached", detail };
    }
    if (access.value === undefined) {
      return { state: "warning", detail: `${detail}, but ${access.why}` };
    }
    this.phases.begin("release", `asking ${access.value.gpuNode.name} for its card`);
    const { waitUntilCardFree } = await import("../cluster/check/node/card-use.ts");
    const card = await waitUntilCardFree(access.value, this.signal);
    return card.free
      ? { state: "reached", detail: `${detail}, and ${card.use.usedMiB} MiB of its memory are in use` }
      : { state: "warning", detail: `${detail}, but ${card.why}` };
  }

  /** Asks for what the mode promises, at last: the server for its names, or the cluster for the end of the pods. */
  private waited(): Promise<Outcome> {
    this.phases.only(this.plan.serves ? "serve" : "release", this.plan.serves ? "asking the server" : "");
    return this.wait((line) => {
      const [, phase, detail = ""] = waitLine.exec(line) ?? [];
      if (phase !== undefined && !detail.startsWith("asking")) {
        this.phases.only(phaseOfWait[phase as keyof typeof phaseOfWait], detail);
      }
    });
  }

  /** The same, with what a later switch means under the Lease. */
  private async confirm(): Promise<Outcome> {
    return this.undisturbed(await this.waited());
  }

  private undisturbed(outcome: Outcome): Outcome {
    if (outcome.state === "superseded") {
      throw new Ended("locked", `Mode ${this.plan.mode} was declared, but meanwhile ${outcome.detail}.`);
    }
    return outcome;
  }

  private async wait(report: (line: string) => void): Promise<Outcome> {
    const { api, plan, signal, switchNumber } = this;
    const wanted = { promised: promisedBy(plan), switchNumber, signal };
    const outcome = await waitUntilServed(api, wanted, report).catch((error: unknown) => {
      // A sleep that is cut off rejects with an error of its own.
      throw signal.aborted ? signal.reason : error;
    });
    if (outcome.state === "failed") {
      throw new Ended("failed", `Mode ${plan.mode} is declared, but not reached: ${outcome.detail}.`);
    }
    return outcome;
  }

  /** Whether those outside the cluster have what the mode promises, too; null where it promises them nothing. */
  async route({ patient }: { patient: boolean }): Promise<Route | null> {
    const { plan, api, signal } = this;
    return plan.serves ? readRoute(plan, api, { patient, signal }) : null;
  }

  /** Gives the Lease back. */
  async release(): Promise<void> {
    await this.held?.release();
  }

  /** The end that an error means. */
  async explained(error: unknown): Promise<unknown> {
    const { reason } = this.signal;
    return endOfSwitch(reason instanceof Ended && this.signal.aborted ? reason : error, {
      mode: this.plan.mode,
      from: this.activeMode,
      begun: this.held !== undefined,
      api: this.api,
    });
  }

  private async survey(): Promise<Survey> {
    return this.noted(await surveyCluster(this.api, this.surveyOptions));
  }

  private get surveyOptions(): SurveyOptions {
    const { plan, options, connection } = this;
    return {
      plan,
      stack: plan.mode,
      folder: options.project.clone,
      sandbox: isSandbox(connection, process.env),
    };
  }

  private noted(survey: Survey): Survey {
    this.switchNumber = survey.claim.switchNumber;
    this.activeMode = survey.holder.mode;
    this.left = survey.leftovers;
    return survey;
  }

  /** `pulumi up` under this program's Lease. @param waiting gets each line of the wait at its end. */
  private async up(waiting: (line: string) => void): Promise<void> {
    this.signal.throwIfAborted();
    const how = { lease: this.held?.holder ?? "", force: this.options.force };
    await this.engine.up(this.plan.mode, how, ({ diagnosticEvent }: EngineEvent) => {
      const { urn = "", severity, message = "" } = diagnosticEvent ?? {};
      const line = message.trim();
      if (severity === "info" && urn.endsWith("::vllm-served")) {
        waiting(line);
      } else if (severity === "info" && urn.endsWith("::vllm-node-check") && line.startsWith("warning: ")) {
        this.phases.say(`GPU node, ${line}`);
      }
    });
  }
}
