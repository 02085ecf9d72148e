/** Ends of something that a person asked for. */

/** `usage`: it cannot be understood. `refused`: nothing was changed. `locked`: somebody else is at work. */
export type ExitName = "done" | "failed" | "usage" | "refused" | "unreachable" | "locked" | "interrupted";

/** An end other than success, with the sentence for the person. */
export class Ended extends Error {
  readonly exit: ExitName;

  constructor(exit: ExitName, message: string) {
    super(message);
    this.name = "Ended";
    this.exit = exit;
  }
}
