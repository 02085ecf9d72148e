/** What asking a server through the cluster takes of rights, and the key that the server asks for. */
import { names } from "../../stacks/vocabulary/names.ts";
import { apiKeyObject, objectPath } from "../../stacks/vocabulary/objects.ts";
import { ApiError, type ClusterApi } from "../api/index.ts";
import { heldKey } from "./api-key.ts";

/** What these credentials may not do, and the right that they lack: asking again cannot help. */
export class MissingRight extends Error {
  constructor(action: string, right: string) {
    super(`these credentials may not ${action}: allow ${right}`);
    this.name = "MissingRight";
  }
}

/** @throws MissingRight in place of the API server's 403. */
export async function allowed<T>(asked: Promise<T>, action: string, right: string): Promise<T> {
  return asked.catch((error: unknown) => {
    throw error instanceof ApiError && error.code === 403 ? new MissingRight(action, right) : error;
  });
}

/** The key that the server asks for, from the cluster itself. @throws Error where there is no usable one */
export async function readApiKey(api: ClusterApi): Promise<string> {
  const { namespace, apiKeySecret } = names;
  const secret = await allowed(
    api.get(objectPath(apiKeyObject)),
    `read Secret ${apiKeySecret} in ${namespace}`,
    "`get` on it",
  );
  const { key, fault = "there is none" } = heldKey(secret);
  if (key === undefined) {
    throw new Error(`it asks for a key, and Secret ${apiKeySecret} holds no usable one (${fault})`);
  }
  return key;
}
