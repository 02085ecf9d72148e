/**
 * Writes the report of a Preview run as a comment on its pull request: one comment, edited by each later run. Nothing that it decides
 * by comes from the report, which a fork's code made: GitHub says which commit the run was of, and which pull request that is.
 */
import { join } from "node:path";
import { exits, Failure, script } from "./command.ts";
import { type GitHub, GitHubRefused, gitHub, workflowLogin } from "./github.ts";
import { bodyOf, type CommentedRun, ofRun, type Place, previewMarker, short } from "./preview-body.ts";
import { linesOf, readRecord } from "./record.ts";
import { readReport, readSmall } from "./report.ts";

interface Run extends CommentedRun {
  readonly event: string;
  readonly head_repository: { readonly full_name: string } | null;
  readonly pull_requests: readonly { readonly number: number }[];
}

interface Pull {
  readonly number: number;
  readonly head: { readonly sha: string; readonly repo: { readonly full_name: string } | null };
}

interface Comment {
  readonly id: number;
  readonly body: string;
  readonly user: { readonly login: string } | null;
}

/** @returns what was done, as a sentence. @throws Failure where the report was refused, once the comment says so */
async function comment(api: GitHub, runId: string, folder: string, author: string): Promise<string> {
  const run = await api.get<Run>(`/actions/runs/${encodeURIComponent(runId)}`);
  if (run.event !== "pull_request") {
    throw new Failure(`Run ${runId} is of the event ${run.event}: only pull_request has one to comment on.`);
  }
  const pull = await pullOf(api, run);
  if (pull === undefined) {
    return `No open pull request has ${short(run)} as its newest commit: nothing to comment on.`;
  }

  const all = await api.list<Comment>(`/issues/${pull}/comments`);
  const mine = all.filter(({ user, body }) => user?.login === author && linesOf(body)[0] === previewMarker);
  const [kept, ...surplus] = mine.sort((a, b) => compareRuns(ofComment(b), ofComment(a)));
  const remove = () => Promise.all(surplus.map(({ id }) => removeComment(api, id)));
  if (kept !== undefined && compareRuns(ofComment(kept), ofRun(run)) > 0) {
    await remove();
    return `#${pull} has the comment of a newer run: left as it is.`;
  }

  const report = await readReport(join(folder, "preview.md"), previewMarker);
  if (kept === undefined && !("refused" in report) && (await saysUnchanged(join(folder, "preview.json")))) {
    return `Nothing changes, and #${pull} has no comment yet: none was written.`;
  }
  const body = bodyOf(run, report);
  await (kept === undefined
    ? api.send("POST", `/issues/${pull}/comments`, { body })
    : api.send("PATCH", `/issues/comments/${kept.id}`, { body }));
  await remove();
  if ("refused" in report) {
    throw new Failure(
      `The report was refused, and the comment on #${pull} says so: ${report.refused}`,
      exits.refused,
    );
  }
  const removed = surplus.length === 0 ? "" : `, and ${surplus.length} surplus deleted`;
  return `#${pull}: the comment was ${kept === undefined ? "written" : "edited"}${removed}.`;
}

/** The open pull request whose newest commit the run was of. @throws Failure where it may be several */
async function pullOf(api: GitHub, run: Run): Promise<number | undefined> {
  const open = await api.list<Pull>("/pulls?state=open");
  const fitting = open
    .filter(
      ({ head }) => head.sha === run.head_sha && head.repo?.full_name === run.head_repository?.full_name,
    )
    .map(({ number }) => number);
  if (fitting.length <= 1) return fitting[0];
  // GitHub names them for branches of this repository, but not for those of forks.
  const named = run.pull_requests.map(({ number }) => number).filter((number) => fitting.includes(number));
  if (named.length === 1) return named[0];
  throw new Failure(
    `${fitting.map((number) => `#${number}`).join(" and ")} have the same newest commit ${short(run)}, and GitHub does not say which of them the run was of: close all but one.`,
  );
}

function ofComment({ body }: Comment): Place | undefined {
  const { workflow, run, attempt } = readRecord(body) ?? {};
  return typeof workflow === "number" && typeof run === "number" && typeof attempt === "number"
    ? { workflow, run, attempt }
    : undefined;
}

/** Above 0 where the first is the newer one. */
function compareRuns(one: Place | undefined, other: Place | undefined): number {
  if (one === undefined || other === undefined)
    return Number(one !== undefined) - Number(other !== undefined);
  if (one.workflow !== other.workflow) return 0;
  return one.run - other.run || one.attempt - other.attempt;
}

/** By the JSON beside the report. Where it says something wrong, only the pull request's own first comment is missing. */
async function saysUnchanged(path: string): Promise<boolean> {
  const read = await readSmall(path, 1_048_576);
  try {
    const { modes } = JSON.parse(typeof read === "string" ? read : "{}") as { modes: { verdict: string }[] };
    return modes.length > 0 && modes.every(({ verdict }) => verdict === "unchanged");
  } catch {
    return false;
  }
}

async function removeComment(api: GitHub, id: number): Promise<void> {
  await api.send("DELETE", `/issues/comments/${id}`).catch((error: unknown) => {
    if (!(error instanceof GitHubRefused && error.status === 404)) throw error;
  });
}

await script(
  {
    name: "ci/preview-comment.ts",
    help: `Writes the report of a Preview run as the one comment of its pull request. Needs GITHUB_TOKEN, with the permissions
actions: read and pull-requests: write, and GITHUB_REPOSITORY. Ends with 0 where the comment is as it should be, 3 where
the report was refused, 2 where an option is wrong, 1 with any other error.`,
    options: {
      run: { text: "id of the Preview run" },
      report: { text: "folder with preview.md and preview.json, as the run has uploaded it" },
      author: {
        text: "whose comments are edited: the login that the token belongs to",
        usual: workflowLogin,
      },
    },
  },
  ({ run, report, author }) => comment(gitHub(), run, report, author),
);
