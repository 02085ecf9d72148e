/** Locks that a killed pulumi has left on a stack: recognised by their dead holders and cleared. A living one never is. */

import { rm } from "node:fs/promises";
import { hostname } from "node:os";
import { Ended } from "../system/ended.ts";
import { startedAt } from "../system/identify.mjs";
import { isHeld, namedLocks } from "./pulumi-lock.ts";
import type { RunPulumi } from "./run.ts";

/** Whether an error of pulumi's says that the stack is in use: by a lock, or in Pulumi's own service. */
export function isLocked(errorText: string): boolean {
  return /the stack is currently locked by|Conflict: Another update is currently in progress/.test(errorText);
}

/**
 * Clears the locks that an error names if all their holders are dead.
 * @throws Ended where one of them is alive, or is another machine's.
 */
export async function clearStaleLocks(
  stack: string,
  errorText: string,
  { run, say }: { run: RunPulumi; say: (text: string) => void },
): Promise<void> {
  const locks = namedLocks(errorText);
  const held = locks.find((lock) => isHeld(lock, { hostname: hostname(), startedAt }));
  if (held !== undefined || locks.length === 0) {
    const holder =
      held === undefined
        ? "another update is under way"
        : `pulumi of ${held.username} on ${held.hostname} (process ${held.pid}) holds its lock since ${held.timestamp}`;
    throw new Ended(
      "locked",
      `Stack ${stack} is locked: ${holder}. Wait until it has ended. A lock of another machine that is certainly gone is cleared by: pulumi cancel -s ${stack}`,
    );
  }
  for (const { file } of locks) {
    if (file === undefined) {
      await run(["cancel", "--yes", "--stack", stack]);
    } else {
      // Exactly this lock: `pulumi cancel` would take one away that was made since.
      await Promise.all([file, `${file}.attrs`].map((path) => rm(path, { force: true })));
    }
  }
  const killed = [...new Set(locks.map(({ pid }) => pid))].join(", ");
  say(`Stack ${stack} was locked by a pulumi that has been killed (process ${killed}); it is free again.`);
}
