// Does NOT prove that GitHub answers as the server of this test does, nor that anybody reads an issue.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readRecord, recordLine } from "../../../ci/record.ts";
import { bot, FakeGitHub, type Issue, token } from "./fake-github.ts";

const marker = "<!-- vllm-platform:drift -->";
const hour = 3_600_000;

describe("the issue that tells of drift", () => {
  let github: FakeGitHub;
  let folder: string;
  beforeEach(async () => {
    github = new FakeGitHub();
    await github.start();
    folder = mkdtempSync(join(tmpdir(), "vllm-platform-issue-"));
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true });
    await github.stop();
  });

  /** A run with this status; with a fingerprint also with a report. */
  async function told(status: string, fingerprint?: string) {
    const file = join(folder, "drift.md");
    rmSync(file, { force: true });
    if (fingerprint !== undefined) {
      writeFileSync(file, `${marker}\n<!-- fingerprint: ${fingerprint} -->\n**Report ${fingerprint}**\n`);
    }
    const end = await github.run("drift-issue.ts", ["--status", status, "--report", file]);
    assert.ok(!end.output.includes(token), end.output);
    assert.equal(end.status, 0, end.output);
    return end.output;
  }
  const issue = (): Issue => {
    assert.equal(github.issues.length, 1, JSON.stringify(github.issues));
    return github.issues[0] as Issue;
  };
  const comments = (): string[] => (github.comments.get(issue().number) ?? []).map(({ body }) => body);
  /** As if what the issue remembers had been some hours ago. */
  function earlier(hours: number): void {
    const record = readRecord(issue().body) ?? {};
    const moved = Object.entries(record).map(([key, value]) => {
      const time = /^\d{4}-/.test(String(value)) ? Date.parse(String(value)) - hours * hour : undefined;
      return [key, time === undefined ? value : new Date(time).toISOString()];
    });
    const lines = issue().body.split("\n");
    lines[1] = recordLine(Object.fromEntries(moved));
    issue().body = lines.join("\n");
  }

  it("is opened with drift, edited by the same drift without a comment, with one by another", async () => {
    await told("2", "a");
    assert.equal(issue().title, "Drift of the platform");
    assert.deepEqual([issue().state, issue().labels, comments()], ["open", ["drift"], []]);
    assert.match(
      issue().body,
      /^<!-- vllm-platform:drift -->\n<!-- record: .* -->\nDrift since \S+ \S+ UTC\./,
    );
    assert.match(issue().body, /\*\*Report a\*\*$/);
    const since = readRecord(issue().body)?.since;
    assert.match(await told("2", "a"), /: no news\.$/);
    assert.deepEqual(comments(), []);
    assert.equal(readRecord(issue().body)?.since, since);
    await told("2", "b");
    assert.match(issue().body, /\*\*Report b\*\*$/);
    assert.equal(comments().length, 1);
    assert.match(comments()[0] ?? "", /^\*\*The drift is another one than before\.\*\* /);
  });

  it("is closed by the next clean run only, and opened again for new drift, not doubled", async () => {
    await told("2", "a");
    await told("4");
    assert.deepEqual([issue().state, comments()], ["open", []]);
    assert.match(issue().body, /\*\*Report a\*\*$/);
    await told("0", "none");
    assert.deepEqual([issue().state, issue().state_reason], ["closed", "completed"]);
    assert.match(comments().at(-1) ?? "", /^\*\*No drift any more\.\*\* /);
    await told("0", "none");
    assert.equal(comments().length, 1);
    await told("2", "a");
    assert.equal(issue().state, "open");
    assert.match(comments().at(-1) ?? "", /^\*\*Drift was found\.\*\* /);
  });

  it("that a person closed with drift still there is opened again, without a comment", async () => {
    await told("2", "a");
    issue().state = "closed";
    await told("2", "a");
    assert.deepEqual([issue().state, comments()], ["open", []]);
  });

  it("is there from the first run on, closed, so that runs remember when it could be told last", async () => {
    await told("0", "none");
    assert.deepEqual([issue().state, comments()], ["closed", []]);
    assert.match(issue().body, /\nNo drift\. Last looked at: /);
  });

  it("has an alarm where for a day it could not be told, once, and is closed when it can be", async () => {
    await told("0", "none");
    earlier(23);
    await told("4");
    assert.deepEqual([issue().state, comments()], ["closed", []]);
    earlier(2);
    await told("4", "unknown");
    assert.equal(issue().state, "open");
    assert.match(comments().at(-1) ?? "", /\n\*\*Report unknown\*\*$/);
    assert.match(comments().at(-1) ?? "", /^\*\*It cannot be told whether there is drift, for a day/);
    earlier(24);
    await told("4");
    assert.equal(comments().length, 1);
    await told("0", "none");
    assert.equal(issue().state, "closed");
    assert.equal(comments().length, 2);
  });

  it("has an alarm where the run itself failed, or came to no status, or says drift without a report", async () => {
    await told("2", "a");
    await told("1");
    assert.match(comments().at(-1) ?? "", /^\*\*The drift run itself failed \(status 1\)/);
    await told("1");
    assert.equal(comments().length, 1);
    await told("");
    assert.match(comments().at(-1) ?? "", /\(no status\)/);
    await told("0");
    assert.match(comments().at(-1) ?? "", /\(status 0 without a report\)/);
    assert.equal(issue().state, "open");
    assert.match(issue().body, /\*\*Report a\*\*$/);
  });

  it("is opened for an alarm where no run ever told anything", async () => {
    await told("4");
    assert.equal(issue().state, "open");
    assert.match(issue().body, /\*\*It cannot be told whether there is drift/);
    await told("4");
    assert.deepEqual(comments(), []);
  });

  it("is found over all pages by marker, label and author, and surplus ones are closed", async () => {
    const add = (number: number, more: Partial<Issue> = {}) =>
      github.issues.push({
        number,
        title: "x",
        state: "open",
        body: `${marker}\r\nold`,
        labels: ["drift"],
        user: { login: bot },
        ...more,
      });
    for (let number = 100; number < 230; number++) add(number, { body: "about drift" });
    add(300, { user: { login: "somebody" } });
    add(301, { body: `> ${marker}` });
    add(302, { pull_request: {} });
    add(303, { labels: [] });
    add(304, { state: "closed" });
    add(305);
    add(306);
    const before = structuredClone(github.issues);
    await told("2", "a");
    assert.deepEqual(
      github.issues.filter((one, place) => one.body !== before[place]?.body).map(({ number }) => number),
      [305],
    );
    assert.deepEqual(
      github.issues.filter((one, place) => one.state !== before[place]?.state).map(({ number }) => number),
      [306],
    );
  });

  it("tells GitHub's refusal in words, without the token", async () => {
    github.refuse = () => ({ status: 403, text: `{"message":"no ${token}"}` });
    const end = await github.run("drift-issue.ts", ["--status", "0", "--report", join(folder, "none")]);
    assert.deepEqual(end, {
      status: 1,
      output:
        "GET /repos/home/vllm-platform/issues: GitHub answered 403: no ••• (does the token have the permissions that docs/ci.md names?)",
    });
  });
});
