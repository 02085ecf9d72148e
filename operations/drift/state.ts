/** What a stack's state says, and whether somebody is changing it; read without a refresh and without a lock. */
import { type AppliedState, appliedState } from "../../cluster/drift/state.ts";
import { askPulumi } from "../../engine/ask.ts";
import { heldLock } from "../../engine/lock.ts";
import { RefusedError } from "../../system/errors.ts";

export interface StateFound {
  applied?: AppliedState;
  /** Why there is none, as half a sentence. */
  absent?: string;
  /** Who is at work on the stack, as a sentence: what is found then is no drift. */
  atWork?: string;
  /** What could not be told, as sentences. */
  unknown: string[];
}

/** Never rejects for what pulumi says. */
export async function readState(folder: string, stack: string): Promise<StateFound> {
  const ask = (...words: string[]) => askPulumi(folder, [...words, "--non-interactive"]);
  try {
    const [exported, who] = await Promise.all([
      ask("stack", "export", "--stack", stack),
      ask("whoami", "--json"),
    ]);
    const applied = appliedState(exported);
    const { url } = JSON.parse(who) as { url: string };
    const lock = await heldLock(url, folder, stack);
    if (lock !== undefined) {
      const { username, hostname, pid, timestamp } = lock;
      const atWork = `Stack ${stack} is locked: pulumi of ${username} on ${hostname} (process ${pid}) is at work since ${timestamp}. Look again when it has ended.`;
      return { atWork, unknown: [] };
    }
    const cutShort = `An update of stack ${stack} was cut short, so its state may not say all that was applied: gpu-mode ${stack} goes on from there.`;
    return { applied, unknown: applied.isUnfinished ? [cutShort] : [] };
  } catch (error) {
    if (!(error instanceof RefusedError)) {
      throw error;
    }
    if (/there is no `pulumi`/.test(error.message)) {
      return { absent: "There is no pulumi here", unknown: [] };
    }
    return /no stack named .* found/.test(error.message)
      ? { absent: `There is no state of stack ${stack} here`, unknown: [] }
      : { unknown: [`The state of stack ${stack} cannot be read: ${error.message}`] };
  }
}
