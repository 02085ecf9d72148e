/** The steps of a switch, and what they share. Each is a function of `cluster/`, or the engine's. */
import { hostname } from "node:os";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import type { ClusterApi } from "../cluster/api.ts";
import { claimData, readDeployment } from "../cluster/claim.ts";
import { type Connection, isSandbox } from "../cluster/connection.ts";
import { diagnose, phases as waitPhases } from "../cluster/diagnosis.ts";
import { areHoldersUnknown, holdersUnknown, readGpuNodes, whyNoGpu } from "../cluster/gpu-node.ts";
import { acquireLease, type Held } from "../cluster/lease.ts";
import type { Leftovers } from "../cluster/leftovers.ts";
import { meanwhile, readOllama } from "../cluster/ollama.ts";
import { hasEnded, ownProcess } from "../cluster/own-process.ts";
import { promisedBy } from "../cluster/promised.ts";
import { releaseAtOnce } from "../cluster/release.ts";
import { type Outcome, waitUntilServed } from "../cluster/served.ts";
import { readSnapshot } from "../cluster/snapshot.ts";
import { type Survey, surveyCluster } from "../cluster/survey.ts";
import { systemClocks } from "../cluster/update-lease.ts";
import { RefusedError } from "../stacks/errors.ts";
import { claim as claimManifest } from "../stacks/manifests/config-maps.ts";
import { deploymentObject, objectPath, objectTitle } from "../stacks/objects.ts";
import type { Plan } from "../stacks/plan.ts";
import { Ended } from "./exit-codes.ts";
import { endOfSwitch, reasonOf } from "./failures.ts";
import { type Phases, phaseOfWait } from "./phases.ts";
import type { Project } from "./project.ts";
import { type Engine, openEngine } from "./pulumi.ts";
import { readNodeAccess } from "./ssh-key.ts";

export interface StepOptions {
  project: Project;
  /** Declare a serving mode although the node cannot serve it now. */
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
    const [survey, deployment] = await Promise.all([
      this.survey(),
      this.api.get(objectPath(deploymentObject)),
    ]);
    this.signal.throwIfAborted();
    const { holder, claim, notices, warnings } = survey;
    for (const line of [...notices, ...warnings]) {
      this.phases.say(line);
    }
    const replicas = (deployment?.spec as { replicas?: number } | undefined)?.replicas;
    const whole =
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
      return { state: "reached", detail: "as it should be" };
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

  /** @throws Ended where the GPU node cannot serve the mode now. Nothing has been changed then. */
  async requireGpu(): Promise<void> {
    this.engine.prepare();
    const nodes = await readGpuNodes(this.api, this.plan);
    const why = whyNoGpu(nodes, this.plan.replicas);
    if (why !== undefined) {
      const { mode } = this.plan;
      throw new Ended(
        "refused",
        `Mode ${mode} cannot serve now, as ${why}; ${meanwhile(await readOllama(this.api))}. Nothing was changed; gpu-mode ${mode} --force declares the mode all the same.`,
      );
    }
    if (areHoldersUnknown(nodes)) {
      this.phases.say(`GPUs: ${holdersUnknown.seen}. ${holdersUnknown.mend}.`);
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
    const released = await releaseAtOnce(this.api, claimManifest(claimData(claim)));
    this.phases.end("claim");
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
    const podsGone = this.undisturbed(await this.wait((line) => this.phases.begin("release", line)));
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
    const { plan, options } = this;
    const survey = await surveyCluster(this.api, {
      plan,
      stack: plan.mode,
      folder: options.project.clone,
      sandbox: isSandbox(this.connection, process.env),
    });
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

/** `load: loading the model`, as the wait at the end of an update tells it. */
const waitLine = new RegExp(`^(${waitPhases.join("|")}): (.*)$`);
