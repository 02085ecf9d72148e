/** What a person can act on: printed as its message alone, never with a stack trace. */
export class UserError extends Error {
  override readonly name = "UserError";
}
