/** The command of the server's container: a supervisor that notices a dead or stuck engine, and how a pod ends. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ServerPlan } from "../../plan/index.ts";

/** Needs what each image of vLLM has: python3. */
const program = readFileSync(join(import.meta.dirname, "supervise.py"), "utf8");

/**
 * The command of the server's container: the supervisor, and behind it the server's own. The arguments follow, so `args` of the
 * container are vLLM's alone. Isolated (`-I`), as the image's working folder could hide modules of the standard library.
 */
export function supervised({ supervision, command }: ServerPlan): string[] {
  return ["python3", "-I", "-c", program, JSON.stringify(supervision), ...command];
}
