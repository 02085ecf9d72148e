/** `gpu-mode verify`: asks a live platform what its users ask of it, and prints what was found and measured. */

import type { Project } from "../../operations/project.ts";
import { verify } from "../../operations/verify/index.ts";
import { type Report, verdictOf } from "../../operations/verify/report.ts";
import { aborted } from "../../system/aborted.ts";
import { wrapFor } from "../../system/terminal/wrap.ts";
import { exitCodes } from "../exit-codes.ts";
import { reportText } from "./words.ts";

export interface VerifyCommand {
  url?: string;
  strict?: boolean;
  json?: boolean;
  signal: AbortSignal;
}

/**
 * Prints the report and sets the exit status: `failed` where a check fails, or with `strict` a target is missed.
 * @throws Ended where there is nothing to verify, UnreachableError where nobody answers.
 */
export async function verifyPlatform(
  project: Project,
  mode: string | undefined,
  { url, strict = false, json = false, signal }: VerifyCommand,
): Promise<void> {
  const say = (what: string): void => console.error(`  asking ${what} …`);
  const report = await Promise.race([verify(project, { mode, url, signal, say }), aborted(signal)]);
  show(report, { strict, json });
}

/** Prints a report in words or as JSON, and sets the exit status. */
export function show(report: Report, { strict, json }: { strict: boolean; json: boolean }): void {
  const { failed, missed } = verdictOf(report);
  console.log(
    json
      ? JSON.stringify({ ...report, failed, missed }, null, 2)
      : wrapFor(process.stdout, reportText(report, { strict }).join("\n")),
  );
  if (failed > 0 || (strict && missed > 0)) {
    process.exitCode = exitCodes.failed;
  }
}
