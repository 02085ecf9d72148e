/**
 * Keeps the one issue that tells of drift: opened with the first run, as the place where runs remember; closed while there is none;
 * edited to the latest report; with a comment only where there is news.
 */
import { readFile } from "node:fs/promises";
import { Failure, script, wordsOf } from "./command.ts";
import { memoryOf, newsOf, type Outcome, sentenceOf } from "./drift-news.ts";
import { type DriftRun, driftMarker, driftRun, fitting } from "./drift-report.ts";
import { type GitHub, gitHub, workflowLogin } from "./github.ts";
import { linesOf, readRecord, recordLine } from "./record.ts";
import { mostBytes } from "./report.ts";

const title = "Drift of the platform";

interface Issue {
  readonly number: number;
  readonly state: "open" | "closed";
  readonly body: string | null;
  readonly user: { readonly login: string } | null;
  readonly pull_request?: object;
}

interface Place {
  readonly label: string;
  readonly author: string;
  /** Of this run, or empty. */
  readonly url: string;
}

async function tell(api: GitHub, run: DriftRun, { label, author, url }: Place): Promise<string> {
  const [issue, surplus] = await findIssue(api, label, author);
  for (const { number } of surplus) {
    await api.send("PATCH", `/issues/${number}`, { state: "closed", state_reason: "not_planned" });
  }
  const now = new Date();
  const { memory, news } = newsOf(memoryOf(readRecord(issue?.body ?? "")), run.outcome, now);
  const when = `${now.toISOString().slice(0, 16).replace("T", " ")} UTC${url === "" ? "" : ` ([run](${url}))`}`;
  const comment =
    news === undefined
      ? undefined
      : [
          `**${sentenceOf(news, run.outcome)}** ${when}`,
          ...fitting(run.outcome.kind === "unknown" ? run.lines : [], mostBytes),
        ].join("\n");
  const told = run.outcome.kind === "drift" || run.outcome.kind === "none";
  const shown = told
    ? [`${summary(run.outcome, memory.since ?? "")} Last looked at: ${when}.`, ...run.lines]
    : // What could not be told changes nothing of what was told before.
      linesOf(issue?.body ?? `\n\n${comment}`).slice(2);
  const body = [driftMarker, recordLine(memory), ...fitting(shown, mostBytes)].join("\n");

  if (issue === undefined) {
    const { number } = await api.send<Issue>("POST", "/issues", { title, body, labels: [label] });
    if (run.outcome.kind === "none") await close(api, number, body);
    return `#${number} was opened${run.outcome.kind === "none" ? " and closed, as there is no drift" : ""}.`;
  }
  const { number } = issue;
  // Before the body that remembers it: better told twice than never.
  if (comment !== undefined) await api.send("POST", `/issues/${number}/comments`, { body: comment });
  if (run.outcome.kind === "none") {
    await close(api, number, body);
    return `#${number}: no drift.`;
  }
  const open = run.outcome.kind === "drift" || news === "alarm" ? { state: "open" } : {};
  await api.send("PATCH", `/issues/${number}`, { body, ...open });
  return `#${number}: ${news === undefined ? "no news." : sentenceOf(news, run.outcome)}`;
}

/** By marker, label and author; an open one first, and of several the oldest. */
async function findIssue(api: GitHub, label: string, author: string): Promise<[Issue | undefined, Issue[]]> {
  const all = await api.list<Issue>(`/issues?state=all&labels=${encodeURIComponent(label)}`);
  const mine = all
    .filter(
      ({ user, body, pull_request }) =>
        pull_request === undefined && user?.login === author && linesOf(body ?? "")[0] === driftMarker,
    )
    .sort((a, b) => a.number - b.number);
  const open = mine.filter(({ state }) => state === "open");
  return [open[0] ?? mine[0], open.slice(1)];
}

function close(api: GitHub, number: number, body: string): Promise<unknown> {
  return api.send("PATCH", `/issues/${number}`, { body, state: "closed", state_reason: "completed" });
}

function summary(outcome: Outcome, since: string): string {
  return outcome.kind === "none" ? "No drift." : `Drift since ${since.slice(0, 16).replace("T", " ")} UTC.`;
}

const { GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID } = process.env;
const ownRun =
  GITHUB_RUN_ID === undefined
    ? ""
    : `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`;

await script(
  {
    name: "ci/drift-issue.ts",
    help: `Keeps the one issue that tells of drift, by how gpu-mode drift --markdown ended and what it printed. Needs GITHUB_TOKEN,
with the permission issues: write, and GITHUB_REPOSITORY. Ends with 0 where the issue is as it should be, 2 where an option is
wrong, 1 with any other error.`,
    options: {
      status: { text: "exit status of gpu-mode drift; empty where it never came to one" },
      report: { text: "file with what it printed" },
      label: { text: "label of the issue", usual: "drift" },
      author: { text: "who wrote it: the login that the token belongs to", usual: workflowLogin },
      url: { text: "address of the run", usual: ownRun },
    },
  },
  async ({ status, report, label, author, url }) => {
    const text = await readFile(report, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return ""; // the run ended before it printed anything
      throw new Failure(`The report cannot be read: ${wordsOf(error)}`);
    });
    return tell(gitHub(), driftRun(status, text), { label, author, url });
  },
);
