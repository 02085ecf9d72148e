/** `gpu-mode verify`: asks a live platform what its users ask of it, and prints what was found and measured. */
import type { Project } from "../../operations/project.ts";
import { type Report, verdictOf } from "../../operations/verify/base/report.ts";
import { failover, prepareFailover } from "../../operations/verify/failover.ts";
import { verify } from "../../operations/verify/index.ts";
import type { VerifyOptions } from "../../operations/verify/look.ts";
import { terminationGraceSeconds } from "../../stacks/plan/supervision.ts";
import { aborted } from "../../system/aborted.ts";
import { Ended, exitCodes } from "../../system/errors.ts";
import { confirm } from "../../system/terminal/confirm.ts";
import { jsonText } from "../../system/terminal/json-text.ts";
import { wrapFor } from "../../system/terminal/wrap.ts";
import { reportText } from "./words.ts";

export interface VerifyCommand {
  url?: string;
  failover?: boolean;
  yes?: boolean;
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
  { url, failover: drill = false, yes = false, strict = false, json = false, signal }: VerifyCommand,
): Promise<void> {
  if (yes && !drill) {
    throw new Ended("usage", "--yes belongs to --failover.");
  }
  const say = (what: string): void => console.error(`  asking ${what} …`);
  const report = drill
    ? await takeAway(project, { mode, url, yes, signal, say })
    : await Promise.race([verify(project, { mode, url, signal, say }), aborted(signal)]);
  show(report, { strict, json });
}

/** Asks first: whoever uses the server now is cut off. It is not left before it has told how it stands. */
async function takeAway(
  project: Project,
  { mode, url, yes, ...options }: VerifyOptions & { yes: boolean },
): Promise<Report> {
  if (mode !== undefined || url !== undefined) {
    throw new Ended(
      "usage",
      "--failover is about the active mode's own server: leave out the mode and --url.",
    );
  }
  const found = await prepareFailover(project);
  if (!yes) {
    await confirm({
      text: `Take the server of mode ${found.plan.mode} away? Its pod is deleted, requests under way have ${terminationGraceSeconds} s to end, and another one loads, which takes a minute or two.`,
      nobody: "Nobody can be asked here whether to take the server away",
      signal: options.signal,
    });
  }
  return failover(found, options);
}

/** Prints a report in words or as JSON, and sets the exit status. */
function show(report: Report, { strict, json }: { strict: boolean; json: boolean }): void {
  const { failed, missed } = verdictOf(report);
  console.log(
    json
      ? jsonText({ ...report, failed, missed })
      : wrapFor(process.stdout, reportText(report, { strict }).join("\n")),
  );
  if (failed > 0 || (strict && missed > 0)) {
    process.exitCode = exitCodes.failed;
  }
}
