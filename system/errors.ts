/** Errors for the person who must act. Whoever reports one prints `message` alone, never a stack trace. */

/** What a person can act on; each of the others is one, too. */
export class UserError extends Error {
  override readonly name: string = "UserError";
}

/** One thing that is wrong with what the user wrote or asked for, and what fixes it. */
export interface Fault {
  /** Where the person has to look: a file, a node, a command. */
  where: string;
  /** The key, object or argument at fault, for example `route.host`. */
  key?: string;
  /** The value found there, as the user wrote it. Never set for a secret. */
  found?: unknown;
  /** What is wrong, as a sentence without a full stop. */
  problem: string;
  /** What to do about it, as a sentence without a full stop. */
  fix: string;
}

/** What the user wrote or asked for cannot be done. Carries every fault found, not only the first; one found twice is told once. */
export class RefusedError extends UserError {
  override readonly name = "RefusedError";
  readonly faults: readonly Fault[];

  /** @param closing what applies to all of them, at the end. @default nothing */
  constructor(summary: string, faults: readonly Fault[], closing?: string) {
    const distinct = new Map(faults.map((fault) => [faultText(fault), fault]));
    super([summary, ...distinct.keys(), ...(closing === undefined ? [] : [closing])].join("\n"));
    this.faults = [...distinct.values()];
  }
}

/** `Pulumi.ml.yaml: maxModelLen (found: "8k"): must be a whole number. Write it as 8192.` */
export function faultText(fault: Fault): string {
  const key = fault.key === undefined ? "" : `: ${fault.key}`;
  const found = fault.found === undefined ? "" : ` (found: ${JSON.stringify(fault.found)})`;
  return `  ${fault.where}${key}${found}: ${fault.problem}. ${fault.fix}.`;
}

/** `usage`: it cannot be understood. `refused`: nothing was changed. `locked`: somebody else is at work. */
export type ExitName = "done" | "failed" | "usage" | "refused" | "unreachable" | "locked" | "interrupted";

/** The exit status of each end; docs/modes.md tells what they mean. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  unreachable: 4,
  locked: 5,
  interrupted: 130,
} as const satisfies Record<ExitName, number>;

/** An end other than success, with the sentence for the person. */
export class Ended extends UserError {
  override readonly name = "Ended";
  readonly exit: ExitName;

  constructor(exit: ExitName, message: string) {
    super(message);
    this.exit = exit;
  }
}
