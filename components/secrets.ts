import { createHash } from "node:crypto";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import {
  all,
  type CustomResourceOptions,
  type Input,
  type Output,
  output,
  secret,
  unsecret,
} from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import {
  apiKeySecret as apiKeyManifest,
  huggingFaceSecret as huggingFaceManifest,
} from "../stacks/manifests/secrets.ts";
import { secretKeys } from "../stacks/vocabulary/names.ts";

/** Characters of a generated API key: letters and digits, about 285 bits. */
const apiKeyLength = 48;

/**
 * The server's API key, in Secret `vllm-api-key`. It belongs to the cluster, not to a stack: what a live Secret holds is
 * kept by every mode, by a second clone and after lost state; a new one is generated only where none is. The generator
 * is declared in any case, so that a found key changes nothing in what the stack declares.
 */
export function apiKeySecret(
  name: string,
  args: { live?: Input<string> | undefined },
  { object, local }: SecretOptions,
): { key: Output<string>; secret: Secret } {
  const generated = new RandomPassword(`${name}-generator`, { length: apiKeyLength, special: false }, local);
  const key = secret(args.live ?? generated.result);
  return { key, secret: new Secret(name, apiKeyManifest(dataOf({ [secretKeys.apiKey]: key })), object) };
}

/** The token that downloads gated models from Hugging Face, in Secret `vllm-hugging-face`. */
export function huggingFaceSecret(
  name: string,
  args: { token: Input<string> },
  { object }: SecretOptions,
): Secret {
  const values = { [secretKeys.huggingFaceToken]: secret(args.token) };
  return new Secret(name, huggingFaceManifest(dataOf(values)), object);
}

/** Options of what the engine declares in the cluster, and of what it makes by itself. */
interface SecretOptions {
  object: CustomResourceOptions;
  local: CustomResourceOptions;
}

/** Values as the API has them. */
function dataOf(values: Record<string, Output<string>>): Output<Record<string, string>> {
  return output(values).apply((known) =>
    Object.fromEntries(
      Object.entries(known).map(([key, value]) => [key, Buffer.from(value).toString("base64")]),
    ),
  );
}

/**
 * Changes when one of the values does, so that the pod starts anew and reads it. 32 bits of a hash: enough to differ,
 * too little to find a value by.
 */
export function secretsChecksum(values: readonly Input<string>[]): Output<string> {
  return unsecret(
    all([...values]).apply((known) =>
      createHash("sha256").update(known.join("\0")).digest("hex").slice(0, 8),
    ),
  );
}
