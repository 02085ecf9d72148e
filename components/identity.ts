import { randomUUID } from "node:crypto";
import { Command } from "@pulumi/command/local/command.js";
import type { Identity } from "../cluster/claim/identity.ts";

/** The variable in which the resource remembers, as JSON with a version. Nothing runs that would read it. */
const variable = "VLLM_PLATFORM_IDENTITY";

/**
 * What the stack's state remembers of itself. Chosen when the state is made and never changed; a state that is lost and
 * made anew is another one.
 * @param cluster identity of the cluster that the state is made for
 */
export function stackIdentity(name: string, cluster: string | undefined): Promise<Identity> {
  const chosen: Identity = { state: randomUUID(), ...(cluster === undefined ? {} : { cluster }) };
  const { environment } = new Command(
    name,
    {
      environment: { [variable]: JSON.stringify({ version: 1, ...chosen }) },
      addPreviousOutputInEnv: false,
    },
    // The engine keeps, and gives back, what it remembers.
    { ignoreChanges: ["environment"] },
  );
  return new Promise((resolve) => {
    environment.apply((remembered) => {
      const { state, cluster: made } = JSON.parse(remembered?.[variable] ?? "{}") as Identity;
      resolve({ state, ...(made === undefined ? {} : { cluster: made }) });
    });
  });
}
