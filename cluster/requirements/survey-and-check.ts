/** What an update needs of its cluster, asked together with the survey: what cannot work is refused while nothing was changed. */

import type { Plan } from "../../stacks/plan/index.ts";
import { RefusedError } from "../../system/errors.ts";
import { refusalsIn } from "../api/all-answers.ts";
import { askingOnce } from "../api/ask-once.ts";
import type { ApiError, ClusterApi } from "../api/index.ts";
import type { Finding } from "../findings/finding.ts";
import { faultsOf, findingLine } from "../findings/verdict.ts";
import { type Survey, type SurveyOptions, surveyCluster } from "../survey/index.ts";
import { checkRequirements, checkState } from "./index.ts";
import { ollama } from "./items/ollama.ts";
import { checkRights } from "./rights/index.ts";

/**
 * The survey, and what was found of the cluster at the same moment.
 * @param onlyReads leaves the rights out: a preview changes nothing, so who may only read may make one
 * @throws UnreachableError where the cluster does not answer, RefusedError as the survey does.
 */
export async function surveyAndCheck(
  api: ClusterApi,
  options: SurveyOptions,
  { onlyReads }: { onlyReads: boolean },
): Promise<{ survey: Survey; findings: Finding[] }> {
  const once = askingOnce(api);
  const [survey, findings] = await Promise.all([
    surveyCluster(once, options),
    onlyReads ? checkState(options.plan, once) : checkRequirements(options.plan, once),
  ]);
  return { survey, findings };
}

/** The faults that stop an update: a mode that does not serve needs nothing of what is asked for. */
export function unmet({ serves }: Plan, findings: readonly Finding[]): Finding[] {
  return serves ? faultsOf(findings) : [];
}

/** What a person is told of an update that goes on, a line each. Ollama is of use only while no mode serves. */
export function impairments({ serves }: Plan, findings: readonly Finding[]): string[] {
  return findings.flatMap((finding) => {
    if (serves && finding.item === ollama.item && finding.state === "warning") {
      return [];
    }
    switch (finding.state) {
      case "fault":
        return [`Declared all the same: ${findingLine(finding)}`];
      case "warning":
        return [findingLine(finding)];
      default:
        return [];
    }
  });
}

/** What the API server did not allow: for which rights, where it is for lack of them. */
export async function notAllowed(error: ApiError, api: ClusterApi, plan: Plan): Promise<RefusedError> {
  const rights = await checkRights(plan, api);
  const [first] = refusalsIn(error);
  return new RefusedError("The cluster does not allow what an update needs; nothing was changed.", [
    {
      where: api.server,
      // The rights name all that is lacking, in fewer words than so many refusals.
      problem: rights.state === "fault" ? `${first.message}; ${rights.found}` : error.message,
      fix: rights.fix ?? "Use credentials that may read and write these objects",
    },
  ]);
}
