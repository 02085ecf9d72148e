import { RefusedError } from "../system/errors.ts";

/** The refusal where PATH has no pulumi. */
export function noPulumi(): RefusedError {
  return new RefusedError("Pulumi cannot be run.", [
    {
      where: "PATH",
      problem: "there is no `pulumi` on it",
      fix: 'Install it (https://www.pulumi.com/docs/install/), or use the sandbox\'s shell: `npm start`, then `eval "$(npm run -s env)"`',
    },
  ]);
}
