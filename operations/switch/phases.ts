/** The phases of a switch as a person sees them, with the seconds that each took. */
import { noPodYet, type Phase } from "../../cluster/readiness/diagnosis.ts";

/** All phases, in the order of a switch; a switch has those of them that it needs. */
export const switchPhases = ["check", "claim", "release", "apply", "pull", "test", "load", "serve"] as const;
export type SwitchPhase = (typeof switchPhases)[number];

/** In which phase a switch is that waits for the cluster. */
const phaseOfWait: Readonly<Record<Phase, SwitchPhase>> = {
  release: "release",
  apply: "apply",
  // Finding the node is no more than a moment of its own.
  schedule: "pull",
  pull: "pull",
  test: "test",
  load: "load",
};

/** Where phases are shown. */
export interface PhaseView {
  began(phase: SwitchPhase, detail: string): void;
  /** The phase goes on, in other words. */
  noted(phase: SwitchPhase, detail: string): void;
  ended(phase: SwitchPhase, seconds: number): void;
  /** Nothing follows; what is still open did not succeed. */
  closed(): Promise<void>;
  /** A line beside the phases. */
  say(line: string): void;
}

/** Keeps the time of phases, which may overlap, and tells the view. */
export class Phases {
  private readonly view: PhaseView;
  private readonly now: () => number;
  private readonly open = new Map<SwitchPhase, number>();
  private readonly taken = new Map<SwitchPhase, number>();
  private readonly beganAt: number;

  /** @param now milliseconds of a clock that is never set. */
  constructor(view: PhaseView, now: () => number = () => performance.now()) {
    this.view = view;
    this.now = now;
    this.beganAt = now();
  }

  /** Begins a phase, or says how one that is open goes on. */
  begin(phase: SwitchPhase, detail = ""): void {
    if (this.open.has(phase)) {
      this.view.noted(phase, detail);
      return;
    }
    this.open.set(phase, this.now());
    this.view.began(phase, detail);
  }

  end(phase: SwitchPhase): void {
    const began = this.open.get(phase);
    if (began !== undefined) {
      this.open.delete(phase);
      const seconds = (this.taken.get(phase) ?? 0) + (this.now() - began) / 1000;
      this.taken.set(phase, seconds);
      this.view.ended(phase, seconds);
    }
  }

  /** Begins a phase and ends every other one. */
  moveTo(phase: SwitchPhase, detail = ""): void {
    for (const other of [...this.open.keys()].filter((one) => one !== phase)) {
      this.end(other);
    }
    this.begin(phase, detail);
  }

  /**
   * Moves to where a wait for the cluster is. When the previous pod has ended, the cluster has none for a moment: the change is
   * applied by then, and it is the new pod that is waited for.
   */
  follow(phase: Phase, detail: string): void {
    const isBehind = this.open.has("release") || this.taken.has("release");
    this.moveTo(detail === noPodYet && isBehind ? phaseOfWait.schedule : phaseOfWait[phase], detail);
  }

  /** Ends what is open with success. */
  async succeed(): Promise<void> {
    for (const phase of [...this.open.keys()]) {
      this.end(phase);
    }
    await this.view.closed();
  }

  /** What is open did not succeed. */
  async fail(): Promise<void> {
    this.open.clear();
    await this.view.closed();
  }

  /** A line beside the phases. */
  say(line: string): void {
    this.view.say(line);
  }

  /** Seconds that each phase took. */
  get seconds(): Partial<Record<SwitchPhase, number>> {
    return Object.fromEntries(this.taken);
  }

  /** Seconds since the beginning. */
  get total(): number {
    return (this.now() - this.beganAt) / 1000;
  }
}
