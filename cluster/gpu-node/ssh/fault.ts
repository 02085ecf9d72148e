/** Why the node cannot be asked by SSH, for the person who must act. */
export class SshFault extends Error {
  /** What to do about it. */
  readonly fix: string;

  constructor(found: string, fix: string) {
    super(found);
    this.name = "SshFault";
    this.fix = fix;
  }
}
