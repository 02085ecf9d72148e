/** The API key as a live Secret holds it. One that no client could send, or that asks nobody for anything, is none. Pure. */
import type { Plan } from "../../stacks/plan/index.ts";
import { projectFile } from "../../stacks/vocabulary/file-names.ts";
import { apiKeyVariable, names, secretKeys } from "../../stacks/vocabulary/names.ts";
import type { LiveObject } from "../api/index.ts";

/** A key as the Secret holds it. */
export interface HeldKey {
  /** Undefined where there is no usable one. */
  key?: string;
  /** Why what the Secret holds is no key, without a word of it; undefined where there is no Secret, too. */
  fault?: string;
}

/** What a header carries as it is: vLLM compares the whole `Authorization` header. */
const usable = /^[\x21-\x7e]+$/;

/** Fewer characters than these can be guessed by trying, should somebody have the pods' checksum of the Secrets. */
const shortestGoodKey = 16;

/** @param secret the Secret as the API server gives it; undefined where there is none. */
export function heldKey(secret: object | undefined): HeldKey {
  if (secret === undefined) {
    return {};
  }
  const { data } = secret as { data?: Record<string, string> };
  const encoded = data?.[secretKeys.apiKey];
  if (encoded === undefined) {
    return { fault: `no ${secretKeys.apiKey}` };
  }
  const key = Buffer.from(encoded, "base64").toString();
  if (key === "") {
    return { fault: "empty" }; // vLLM then asks nobody for one
  }
  return usable.test(key)
    ? { key }
    : { fault: "a blank, a line break or another character that no key may have" };
}

/** That a Secret which is not there will hold a key that no client has yet: the first one, or one in place of a lost one. */
export function keyNotice({ key, fault }: HeldKey, stack: string): string | undefined {
  return key === undefined && fault === undefined
    ? `Secret ${names.apiKeySecret} is not there: it is made with a key, which clients need: pulumi stack output apiKey -s ${stack} --show-secrets`
    : undefined;
}

/** What a person should know of the key before it is replaced, or kept. */
export function keyWarnings({ key, fault }: HeldKey, stack: string): string[] {
  if (fault !== undefined) {
    return [
      `Secret ${names.apiKeySecret} held no usable key (${fault}): a new one is set; clients need it: pulumi stack output apiKey -s ${stack} --show-secrets`,
    ];
  }
  return key !== undefined && key.length < shortestGoodKey
    ? [
        `Secret ${names.apiKeySecret} holds a key of fewer than ${shortestGoodKey} characters, which is kept. A longer one cannot be guessed: set it there, or delete the Secret, and run the same command again.`,
      ]
    : [];
}

/** What a person should know where what is declared now asks for a key, and the plan does not; undefined elsewhere. */
export function keyGoes({ apiKey, mode }: Plan, deployment: LiveObject | undefined): string | undefined {
  const { template } = (deployment?.spec ?? {}) as {
    template?: { spec?: { containers?: { env?: { name: string }[] }[] } };
  };
  const asks = template?.spec?.containers?.some(({ env = [] }) =>
    env.some(({ name }) => name === apiKeyVariable),
  );
  return asks === true && !apiKey
    ? `No key is asked for any more: what is declared now asks for one, and mode ${mode} does not set apiKey. Where every mode should ask, write \`vllm-platform:apiKey: true\` into ${projectFile}.`
    : undefined;
}
