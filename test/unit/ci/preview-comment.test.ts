// Does NOT prove that GitHub answers as the server of this test does, nor that its token has these permissions.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { previewMarkdown } from "../../../lab/preview/report.ts";
import { bot, FakeGitHub, repository, token } from "./fake-github.ts";

const marker = "<!-- vllm-platform:preview -->";
const head = "0123456789abcdef0123456789abcdef01234567";
const fork = "somebody/vllm-platform";

describe("the comment on a pull request", () => {
  let github: FakeGitHub;
  let folder: string;
  beforeEach(async () => {
    github = new FakeGitHub();
    await github.start();
    folder = mkdtempSync(join(tmpdir(), "vllm-platform-comment-"));
    addRun(12);
    addPull(7);
    report(`${marker}\n**What this changes**: nothing much\n`);
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true });
    await github.stop();
  });

  function addRun(run: number, more: object = {}): void {
    github.runs.set(String(run), {
      id: run,
      run_number: run,
      run_attempt: 1,
      workflow_id: 5,
      event: "pull_request",
      head_sha: head,
      head_repository: { full_name: fork },
      pull_requests: [],
      html_url: `https://github.com/${repository}/actions/runs/${run}`,
      ...more,
    });
  }
  function addPull(number: number, more: { state?: string; sha?: string; repo?: string | null } = {}): void {
    const { state = "open", sha = head, repo = fork } = more;
    const full = repo === null ? null : { full_name: repo };
    github.pulls.push({ number, state, head: { sha, repo: full } });
  }
  const report = (text: string): void => writeFileSync(join(folder, "preview.md"), text);
  const comment = async (run = 12) => {
    const end = await github.run("preview-comment.ts", ["--run", String(run), "--report", folder]);
    assert.ok(!end.output.includes(token), end.output);
    return end;
  };
  const bodies = (): string[] => (github.comments.get(7) ?? []).map(({ body }) => body);
  const writes = (): string[] => github.calls.filter((call) => !call.startsWith("GET"));

  it("is written with the run before the report, and edited by the next run", async () => {
    assert.deepEqual(await comment(), { status: 0, output: "#7: the comment was written." });
    assert.deepEqual(bodies(), [
      [
        marker,
        `<!-- record: {"workflow":5,"run":12,"attempt":1,"head":"${head}"} -->`,
        `Made by the pull request's own code in [run 12](https://github.com/${repository}/actions/runs/12) for <code>0123456</code>.`,
        "",
        "**What this changes**: nothing much",
      ].join("\n"),
    ]);
    addRun(13);
    report(`${marker}\nsomething else\n`);
    assert.deepEqual(await comment(13), { status: 0, output: "#7: the comment was edited." });
    assert.equal(bodies().length, 1);
    assert.match(bodies()[0] ?? "", /\[run 13\][\s\S]*\nsomething else$/);
  });

  it("leaves the text of a report of this project as it reads", async () => {
    const commits = { head: "0123456", base: "abcdef0", baseName: "main", at: "now", notes: [], again: "" };
    const text = previewMarkdown(
      [
        {
          mode: "ml",
          verdict: "changed",
          sentence: "1 change; image vllm/vllm-openai@sha256:aa → v2",
          objects: [
            {
              object: "Deployment/vllm-server",
              change: "changed",
              fields: [{ field: "spec.image", change: "changed", before: "a@sha256:aa", after: "b#1" }],
            },
          ],
        },
      ],
      commits,
    );
    report(text);
    await comment();
    const shown = bodies()[0]?.split("\n").slice(4).join("\n").replaceAll("\u200b", "");
    assert.equal(shown, text.trimEnd().split("\n").slice(1).join("\n"));
  });

  it("deletes surplus ones, over more than 100 comments, and no one else's", async () => {
    for (let count = 0; count < 130; count++) github.addComment(7, `talk ${count}`, "somebody");
    const foreign = github.addComment(7, `${marker}\nnot by the bot`, "somebody");
    const quoted = github.addComment(7, `> ${marker}\nby the bot, but another one`);
    github.addComment(7, `${marker}\nfirst`);
    github.addComment(7, `${marker}\r\nsecond`);
    assert.deepEqual(await comment(), {
      status: 0,
      output: "#7: the comment was edited, and 1 surplus deleted.",
    });
    assert.equal(bodies().length, 133);
    assert.equal(bodies().filter((body) => body.startsWith(marker)).length, 2);
    assert.ok(bodies().includes(foreign.body) && bodies().includes(quoted.body));
  });

  it("is not overwritten by an older run, nor by an older attempt, whatever a report says of itself", async () => {
    addRun(13, { run_attempt: 2 });
    await comment(13);
    const newest = bodies();
    assert.deepEqual(await comment(12), {
      status: 0,
      output: "#7 has the comment of a newer run: left as it is.",
    });
    addRun(13, { run_attempt: 1 });
    assert.match((await comment(13)).output, /newer run/);
    assert.deepEqual(bodies(), newest);

    addRun(14);
    report(`${marker}\n<!-- record: {"workflow":5,"run":99999,"attempt":1} -->\nforged\n`);
    await comment(14);
    addRun(15);
    report(`${marker}\nhonest\n`);
    assert.equal((await comment(15)).output, "#7: the comment was edited.");
    assert.match(bodies()[0] ?? "", /honest$/);
  });

  it("of another author is never taken for its own", async () => {
    const { id } = github.addComment(7, `${marker}\nfrom a person`, "somebody");
    await comment();
    assert.equal(bodies().length, 2);
    assert.ok(!github.calls.some((call) => call.endsWith(`/comments/${id}`)));
  });

  it("is of the open pull request whose newest commit the run was of, and of no other", async () => {
    github.pulls.length = 0;
    for (let number = 100; number < 220; number++) addPull(number, { sha: "f".repeat(40) });
    addPull(8, { state: "closed" });
    addPull(9, { repo: "other/vllm-platform" });
    addPull(10, { repo: null });
    assert.deepEqual(await comment(), {
      status: 0,
      output: "No open pull request has 0123456 as its newest commit: nothing to comment on.",
    });
    assert.deepEqual(writes(), []);
    addPull(7);
    await comment();
    assert.equal(bodies().length, 1);
  });

  it("is not guessed where two pull requests have the same commit, but for what GitHub says", async () => {
    addPull(8);
    const end = await comment();
    assert.equal(end.status, 1);
    assert.match(end.output, /^#7 and #8 have the same newest commit 0123456, .*: close all but one\.$/);
    assert.deepEqual(writes(), []);
    addRun(12, { pull_requests: [{ number: 7 }] });
    assert.equal((await comment()).status, 0);
    assert.equal(bodies().length, 1);
  });

  it("says so where the report is too large, has no marker, is a link or is none at all", async () => {
    report(`${marker}\n${"x".repeat(64_512)}`);
    assert.deepEqual(await comment(), {
      status: 3,
      output: "The report was refused, and the comment on #7 says so: It has 64,543 bytes, more than 64,512.",
    });
    assert.match(bodies()[0] ?? "", /\*\*No report\*\* of \[run 12\].*: It has 64,543 bytes/);
    report(`hello\n${marker}\n@everybody`);
    assert.equal((await comment()).status, 3);
    assert.match(bodies()[0] ?? "", /Its first line is not "&lt;!-- vllm-platform:preview -->"/);
    assert.doesNotMatch(bodies()[0] ?? "", /everybody/);
    rmSync(join(folder, "preview.md"));
    assert.match((await comment()).output, /There is no such file\./);
    symlinkSync("/etc/hostname", join(folder, "preview.md"));
    assert.match((await comment()).output, /There is no such file\./);
    rmSync(join(folder, "preview.md"));
    mkdirSync(join(folder, "preview.md"));
    assert.match((await comment()).output, /It is no file\./);
    assert.equal(bodies().length, 1);
  });

  it("calls nobody, refers to no issue and hides no direction, whatever the report has in it", async () => {
    report(
      `${marker}\n@octocat &#64;octocat &#x40;octocat &commat;octocat a@b #1 &#35;2 home/x#3 _@octocat_ @&#111;ctocat \\\\@octocat gh-4 &amp;#5 \u202eabc\u0007\n#### 1\n`,
    );
    await comment();
    assert.equal(
      bodies()[0]?.split("\n").slice(4).join("\n"),
      "@\u200boctocat &#64;\u200boctocat &#x40;\u200boctocat &commat;\u200boctocat a@b #\u200b1 &#35;\u200b2 home/x#\u200b3 _@\u200boctocat_ @\u200b&#111;ctocat \\\\@\u200boctocat gh-\u200b4 &amp;#\u200b5 abc\n#### 1",
    );
  });

  it("is edited to nothing changed, but not newly written for it", async () => {
    writeFileSync(join(folder, "preview.json"), JSON.stringify({ modes: [{ verdict: "unchanged" }] }));
    assert.deepEqual(await comment(), {
      status: 0,
      output: "Nothing changes, and #7 has no comment yet: none was written.",
    });
    assert.deepEqual(writes(), []);
    github.addComment(7, `${marker}\nold`);
    assert.equal((await comment()).output, "#7: the comment was edited.");
    rmSync(join(folder, "preview.json"));
  });

  it("is refused by GitHub in words, and the token is in none", async () => {
    for (const [call, status, text, words] of [
      [
        "GET /actions/runs/12",
        403,
        '{"message":"Resource not accessible by integration"}',
        "GET /repos/home/vllm-platform/actions/runs/12: GitHub answered 403: Resource not accessible by integration (does the token have the permissions that docs/ci.md names?)",
      ],
      [
        "GET /pulls",
        500,
        `oops ${token}`,
        "GET /repos/home/vllm-platform/pulls: GitHub answered 500: oops •••",
      ],
      [
        "POST /issues/7/comments",
        422,
        "{}",
        "POST /repos/home/vllm-platform/issues/7/comments: GitHub answered 422: {}",
      ],
      [
        "GET /pulls",
        200,
        "<html>",
        "GET /repos/home/vllm-platform/pulls: GitHub answered 200 with something that is no JSON.",
      ],
    ] as const) {
      github.refuse = (asked) => (asked === call ? { status, text } : undefined);
      assert.deepEqual(await comment(), { status: 1, output: words });
    }
  });

  it("needs a run of a pull request, a token, a repository, and an address that the token may go to", async () => {
    addRun(12, { event: "push" });
    assert.deepEqual(await comment(), {
      status: 1,
      output: "Run 12 is of the event push: only pull_request has one to comment on.",
    });
    const args = ["--run", "12", "--report", folder];
    const env = { GITHUB_TOKEN: "", GITHUB_REPOSITORY: "x", GITHUB_API_URL: "http://api.example.org" };
    const end = await github.run("preview-comment.ts", args, env);
    assert.equal(end.status, 1);
    assert.deepEqual(
      end.output.split("\n").map((line) => line.split(" ")[0]),
      ["GITHUB_TOKEN", "GITHUB_REPOSITORY", "GITHUB_API_URL"],
    );
    const broken = await github.run("preview-comment.ts", args, { GITHUB_TOKEN: `${token}\nx` });
    assert.equal(broken.status, 1);
    assert.ok(!broken.output.includes(token));
  });

  it("tells how it is used, and what is missing", async () => {
    assert.match(
      (await github.run("preview-comment.ts", ["--help"])).output,
      /^Usage: node ci\/preview-comment.ts/,
    );
    assert.deepEqual(await github.run("preview-comment.ts", []), {
      status: 2,
      output: "--run and --report must be given. See: node ci/preview-comment.ts --help",
    });
    assert.equal((await github.run("preview-comment.ts", ["--pull", "1"])).status, 2);
    assert.equal(bot, "github-actions[bot]");
  });
});
