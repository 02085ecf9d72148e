/** A server on 127.0.0.1 that speaks the few calls of GitHub's API, with state, pages and refusals. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { projectRoot } from "../../../lab/sandbox/base/paths.ts";
import { finish } from "../../../system/processes.ts";
import { compileCache } from "../../support/compile-cache.ts";

export const bot = "github-actions[bot]";
export const repository = "home/vllm-platform";
/** What no output may have in it. */
export const token = "ghs_notToBeShown0123456789";

export interface Written {
  id: number;
  body: string;
  user: { login: string };
}
export interface Issue {
  number: number;
  title: string;
  state: string;
  state_reason?: string;
  body: string;
  labels: string[];
  user: { login: string };
  pull_request?: object;
}

export class FakeGitHub {
  readonly runs = new Map<string, object>();
  readonly pulls: object[] = [];
  readonly issues: Issue[] = [];
  readonly comments = new Map<number, Written[]>();
  /** `METHOD path` of each call, without the repository. */
  readonly calls: string[] = [];
  /** What is answered instead. */
  refuse?: (call: string) => { status: number; text: string } | undefined;
  #ids = 1000;
  readonly #server = createServer((request, response) => {
    void read(request).then((body) => {
      const { status, answer, link } = this.#answer(request, body);
      response.writeHead(status, { "content-type": "application/json", ...(link && { link }) });
      response.end(typeof answer === "string" ? answer : JSON.stringify(answer));
    });
  });

  async start(): Promise<void> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  addComment(issue: number, body: string, login = bot): Written {
    const comment = { id: this.#ids++, body, user: { login } };
    this.comments.set(issue, [...(this.comments.get(issue) ?? []), comment]);
    return comment;
  }

  /** Runs a script of ci/ against this server. */
  async run(script: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const { status, stdout, stderr } = await finish(process.execPath, [`ci/${script}`, ...args], {
      cwd: projectRoot,
      env: {
        ...compileCache,
        PATH: process.env.PATH,
        GITHUB_API_URL: this.url,
        GITHUB_REPOSITORY: repository,
        GITHUB_TOKEN: token,
        ...env,
      },
    });
    return { status, output: `${stdout}${stderr}`.trim() };
  }

  #answer(request: IncomingMessage, text: string): { status: number; answer: unknown; link?: string } {
    const url = new URL(request.url ?? "", this.url);
    const path = url.pathname.replace(`/repos/${repository}`, "");
    const call = `${request.method} ${path}`;
    this.calls.push(call);
    const refused = this.refuse?.(call);
    if (refused !== undefined) return { status: refused.status, answer: refused.text };
    if (request.headers.authorization !== `Bearer ${token}`) {
      return { status: 401, answer: { message: "Bad credentials" } };
    }
    const body = text === "" ? {} : (JSON.parse(text) as Partial<Issue>);
    const [, kind, id = "", more] = /^\/(\w+)(?:\/(\w+))?(?:\/(\w+))?$/.exec(path) ?? [];
    const missing = { status: 404, answer: { message: "Not Found" } };
    const page = (all: readonly object[]) => this.#page(all, url);
    const ok = (answer: unknown, status = 200) => ({ status, answer });
    if (call.startsWith("GET /actions/runs/")) {
      const run = this.runs.get(more ?? "");
      return run === undefined ? missing : ok(run);
    }
    if (call === "GET /pulls") {
      const state = url.searchParams.get("state");
      return page(this.pulls.filter((one) => (one as { state: string }).state === state));
    }
    if (call === "GET /issues") {
      const label = url.searchParams.get("labels") ?? "";
      const state = url.searchParams.get("state") ?? "open";
      return page(
        this.issues.filter((one) => one.labels.includes(label) && (state === "all" || one.state === state)),
      );
    }
    if (call === "POST /issues") {
      const { title = "", body: said = "", labels = [] } = body;
      const issue = { number: this.#ids++, title, body: said, labels, state: "open", user: { login: bot } };
      this.issues.push(issue);
      return ok(issue, 201);
    }
    if (kind === "issues" && id === "comments") return this.#comment(request.method, Number(more), body);
    const number = Number(id);
    if (kind === "issues" && more === "comments") {
      return request.method === "GET"
        ? page(this.comments.get(number) ?? [])
        : ok(this.addComment(number, body.body ?? ""), 201);
    }
    const issue = this.issues.find((one) => one.number === number);
    return kind === "issues" && request.method === "PATCH" && issue
      ? ok(Object.assign(issue, body))
      : missing;
  }

  #comment(method: string | undefined, id: number, { body }: Partial<Issue>) {
    for (const [issue, all] of this.comments) {
      const found = all.find((one) => one.id === id);
      if (found === undefined) continue;
      if (method === "DELETE") {
        this.comments.set(
          issue,
          all.filter((one) => one !== found),
        );
        return { status: 204, answer: "" };
      }
      return { status: 200, answer: Object.assign(found, { body }) };
    }
    return { status: 404, answer: { message: "Not Found" } };
  }

  #page(all: readonly object[], url: URL) {
    const size = Math.min(100, Number(url.searchParams.get("per_page") ?? 30));
    const page = Number(url.searchParams.get("page") ?? 1);
    const address = (to: number): string => {
      const other = new URL(url);
      other.searchParams.set("page", String(to));
      return other.href;
    };
    const last = Math.max(1, Math.ceil(all.length / size));
    const links = [
      ...(page > 1 ? [`<${address(page - 1)}>; rel="prev"`, `<${address(1)}>; rel="first"`] : []),
      ...(page < last ? [`<${address(page + 1)}>; rel="next"`, `<${address(last)}>; rel="last"`] : []),
    ];
    return { status: 200, answer: all.slice((page - 1) * size, page * size), link: links.join(", ") };
  }
}

async function read(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}
