import { UserError } from "../../../system/errors.ts";
import { platformNames } from "../base/platform-names.ts";
import { type ClusterAccess, kubectl } from "../cluster/access.ts";

/** Seconds until the simulated server answers; its load time is a few. */
const patience = 120;

/** What the URL has to say for the mode that was brought up; with an API key it names no model to who has none. */
export type Answer =
  | { readonly serves: readonly string[] }
  | { readonly wantsKey: true }
  | { readonly free: true };

/**
 * Waits until the URL answers with the models, or, where the Deployment wants no pod, until no pod is left.
 *
 * @throws UserError with the URL's own reason when that takes too long.
 */
export async function waitForAnswer(
  access: ClusterAccess,
  url: string,
  note: (text: string) => void,
): Promise<Answer> {
  const deadline = Date.now() + patience * 1000;
  for (;;) {
    access.signal?.throwIfAborted();
    const state = (await wantedReplicas(access)) === 0 ? await freed(access) : await asked(url);
    if (typeof state !== "string") return state;
    if (Date.now() > deadline) throw new UserError(`${url} does not answer after ${patience} s: ${state}.`);
    note(state);
    await new Promise((wake) => setTimeout(wake, 250));
  }
}

async function wantedReplicas(access: ClusterAccess): Promise<number | undefined> {
  const { namespace, deployment } = platformNames;
  const text = await kubectl(access, [
    ...["get", "deployment", deployment, "-n", namespace, "--ignore-not-found"],
    "-o=jsonpath={.spec.replicas}",
  ]);
  return text === "" ? undefined : Number(text);
}

async function freed(access: ClusterAccess): Promise<Answer | string> {
  const { namespace, deployment } = platformNames;
  const pods = await kubectl(access, [
    "get",
    "pods",
    "-n",
    namespace,
    "-l",
    `app=${deployment}`,
    "-o",
    "name",
  ]);
  return pods === "" ? { free: true } : `${pods.trim().replaceAll("\n", ", ")} is still ending`;
}

async function asked(url: string): Promise<Answer | string> {
  try {
    const response = await fetch(`${url}/v1/models`, { signal: AbortSignal.timeout(5000) });
    // With other paths the route refuses the question: an answer, too.
    if (response.status === 404) return { serves: [] };
    if (response.status === 401) return { wantsKey: true };
    const body = (await response.json()) as { data?: { id: string }[]; error?: unknown };
    if (response.status === 200) return { serves: (body.data ?? []).map(({ id }) => id) };
    return String(body.error ?? `status ${response.status}`);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
