/**
 * Runs `gpu-mode drift` and tells of what is news by mail or a webhook: what a timer starts where there is no GitHub. What was told before
 * lies in a file.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { exits, Failure, script, wordsOf } from "./command.ts";
import { memoryOf, type News, newsOf, sentenceOf } from "./drift-news.ts";
import { type DriftRun, driftRun, fitting } from "./drift-report.ts";

/** Milliseconds that a run may take: it asks one API server. */
const patience = 15 * 60_000;

/** Bytes of a message. Discord takes 2,000 characters of one; what takes plain text takes more. */
const most = { json: 1_900, plain: 60_000 } as const;

interface Ways {
  readonly webhook: string;
  /** The key of the JSON that has the text; empty for plain text. */
  readonly key: string;
  readonly mail: string;
}

/** @throws Failure with all that is wrong; the address of a webhook is a secret, so it is in none */
function waysOf(env: NodeJS.ProcessEnv): Ways {
  const { DRIFT_WEBHOOK_URL: webhook = "", DRIFT_WEBHOOK_KEY: key = "", DRIFT_MAIL_TO: mail = "" } = env;
  const faults = [
    ...(webhook === "" && mail === ""
      ? ["Set DRIFT_WEBHOOK_URL or DRIFT_MAIL_TO: nobody would be told."]
      : []),
    ...(webhook === "" || (URL.canParse(webhook) && /^https?:/.test(webhook))
      ? []
      : ["DRIFT_WEBHOOK_URL is no address that begins with https:// or http://."]),
    ...(/^(|[^\s-]\S*@\S+)$/.test(mail)
      ? []
      : [`DRIFT_MAIL_TO (found: ${JSON.stringify(mail)}): must be one mail address.`]),
  ];
  if (faults.length > 0) throw new Failure(faults.join("\n"), exits.usage);
  return { webhook, key, mail };
}

async function notify(file: string, command: readonly string[]): Promise<string> {
  const ways = waysOf(process.env);
  const before = await remembered(file);
  const run = await look(command);
  const { memory, news } = newsOf(before, run.outcome, new Date());
  if (news !== undefined) await tell(ways, news, run);
  // Afterwards: better told twice than never.
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.new`, `${JSON.stringify(memory)}\n`);
  await rename(`${file}.new`, file);
  return news === undefined ? "No news." : `Told: ${sentenceOf(news, run.outcome)}`;
}

async function remembered(file: string) {
  const read = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new Failure(`What was told before cannot be read: ${wordsOf(error)}`);
  });
  try {
    return memoryOf(read === undefined ? undefined : (JSON.parse(read) as Record<string, unknown>));
  } catch {
    return undefined; // told once more, then written anew
  }
}

/** What it prints for people goes where this script's words go. */
async function look([program = "", ...args]: readonly string[]): Promise<DriftRun> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"], timeout: patience });
  const output = text(child.stdout);
  try {
    const [status] = (await once(child, "close")) as [number | null];
    return driftRun(status === null ? "" : String(status), await output);
  } catch (error) {
    throw new Failure(`${program} cannot be started: ${wordsOf(error)}`);
  }
}

/** By all ways that are set, whatever becomes of one of them. */
async function tell({ webhook, key, mail }: Ways, news: News, run: DriftRun): Promise<void> {
  const sentence = sentenceOf(news, run.outcome);
  // Hidden lines are for programs.
  const lines = [sentence, "", ...run.lines.filter((line) => !/^<!--.*-->$/.test(line))];
  const said = (bytes: number): string => fitting(lines, bytes).join("\n").trimEnd();
  const ends = await Promise.allSettled([
    ...(webhook === "" ? [] : [post(webhook, key, said(key === "" ? most.plain : most.json))]),
    ...(mail === "" ? [] : [send(mail, sentence, `${said(most.plain)}\n`)]),
  ]);
  const faults = ends.flatMap((end) => (end.status === "rejected" ? [wordsOf(end.reason)] : []));
  if (faults.length > 0) throw new Failure(faults.join("\n"));
}

async function post(url: string, key: string, body: string): Promise<void> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": key === "" ? "text/plain; charset=utf-8" : "application/json" },
    body: key === "" ? body : JSON.stringify({ [key]: body }),
    signal: AbortSignal.timeout(30_000),
  }).catch((error: unknown) => {
    throw new Failure(`DRIFT_WEBHOOK_URL did not answer: ${wordsOf(error)}`);
  });
  if (!answer.ok) {
    throw new Failure(`DRIFT_WEBHOOK_URL answered ${answer.status}: ${(await answer.text()).slice(0, 300)}`);
  }
}

async function send(to: string, subject: string, body: string): Promise<void> {
  const child = spawn("mail", ["-s", `vllm-platform: ${subject}`, to], {
    stdio: ["pipe", "inherit", "inherit"],
  });
  child.stdin.on("error", () => undefined).end(body); // one that ends at once says so by its status
  const [status] = (await once(child, "close").catch((error: unknown) => {
    throw new Failure(
      `The command mail, for DRIFT_MAIL_TO, cannot be started: ${wordsOf(error)} (Debian: bsd-mailx, and something that delivers)`,
    );
  })) as [number | null];
  if (status !== 0) throw new Failure(`mail ended with status ${status}, so DRIFT_MAIL_TO was not told.`);
}

const { STATE_DIRECTORY } = process.env;

await script(
  {
    name: "ci/drift-notify.ts",
    help: `Runs a command that is gpu-mode drift --markdown, and tells of what is news: to DRIFT_WEBHOOK_URL, as plain text or, where
DRIFT_WEBHOOK_KEY is set (Slack: text, Discord: content), as JSON with that key; and to DRIFT_MAIL_TO, by the command mail.
Ends with 0 where there was nothing to tell or it was told, 2 where an option or a variable is wrong, 1 with any other error.`,
    options: {
      state: {
        text: "file that remembers what was told; $STATE_DIRECTORY/drift.json under systemd",
        ...(STATE_DIRECTORY === undefined || STATE_DIRECTORY === ""
          ? {}
          : { usual: join(STATE_DIRECTORY, "drift.json") }),
      },
    },
    command: true,
  },
  ({ state }, command) => notify(state, command),
);
