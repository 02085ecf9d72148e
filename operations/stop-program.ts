/** How Pulumi's program ends when it must not go on. */
import { setTimeout as sleep } from "node:timers/promises";

/** How long each of the two steps may take, in milliseconds. The engine that takes the sentence may hang, or be gone. */
const patienceMs = 2000;

/**
 * Tells why, does what is left to do, and ends the program whatever becomes of the two.
 * @param patience milliseconds for each of them. @default 2000
 */
export async function stopProgram(
  tell: () => Promise<void>,
  last: () => Promise<void>,
  exit: (status: number) => void = (status) => process.exit(status),
  patience = patienceMs,
): Promise<void> {
  for (const step of [tell, last]) {
    await Promise.race([(async () => step())(), sleep(patience)]).catch(() => {});
  }
  exit(1);
}
