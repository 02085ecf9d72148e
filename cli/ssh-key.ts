/** The SSH user's private key, where the settings take it from the secret `sshKey`: from the stack that holds it. */
import type { Plan } from "../stacks/plan.ts";
import { pulumi } from "./run-pulumi.ts";

/**
 * Asks Pulumi for the secret; undefined where none is set or SSH is not configured.
 * @throws RefusedError where the stack's passphrase is wrong or missing.
 */
export async function readSshKey({ mode, settings }: Plan): Promise<string | undefined> {
  return settings.sshKey === undefined || settings.gpuNode.ssh === undefined
    ? undefined
    : pulumi(["config", "get", "vllm-platform:sshKey", "--stack", mode, "--non-interactive"]);
}
