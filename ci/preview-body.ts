/** The comment's text: what a run reported, below lines that no report can write. */
import { recordLine } from "./record.ts";
import type { Report } from "./report.ts";

export const previewMarker = "<!-- vllm-platform:preview -->";

/** A run by GitHub's names. */
export interface CommentedRun {
  readonly run_number: number;
  readonly run_attempt: number;
  readonly workflow_id: number;
  readonly head_sha: string;
  readonly html_url: string;
}

/** By which of two runs is the newer one; numbers of two workflows cannot be compared. */
export interface Place {
  readonly workflow: number;
  readonly run: number;
  readonly attempt: number;
}

export const ofRun = ({ workflow_id, run_number, run_attempt }: CommentedRun): Place => ({
  workflow: workflow_id,
  run: run_number,
  attempt: run_attempt,
});

export const short = ({ head_sha }: CommentedRun): string => head_sha.slice(0, 7);

/** The first lines come before anything that the report could leave open. */
export function bodyOf(run: CommentedRun, report: Report): string {
  const what = `[run ${run.run_number}](${run.html_url}) for <code>${short(run)}</code>`;
  return [
    previewMarker,
    recordLine({ ...ofRun(run), head: run.head_sha }),
    ...("refused" in report
      ? [
          `**No report** of ${what} that can be shown here: ${report.refused.replaceAll("<", "&lt;")} The run has more.`,
        ]
      : [`Made by the pull request's own code in ${what}.`, "", ...report.lines]),
  ].join("\n");
}
