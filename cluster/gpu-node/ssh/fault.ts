/** Why the node cannot be asked by SSH, for the person who must act. */
export class SshFault extends Error {
  /** What to do about it. */
  readonly mend: string;

  constructor(seen: string, mend: string) {
    super(seen);
    this.name = "SshFault";
    this.mend = mend;
  }
}
