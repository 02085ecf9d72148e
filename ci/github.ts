/** The few calls to GitHub's API that the scripts make, with nothing but `fetch`. */
import { Failure, wordsOf } from "./command.ts";

/** How long one answer may take, in milliseconds. */
const patience = 30_000;

/** The most entries that GitHub puts into one page. */
const perPage = 100;

/** The login under which a workflow's own token writes. Nobody can sign up with a name like this. */
export const workflowLogin = "github-actions[bot]";

export interface GitHub {
  /** @param path below the repository, such as `/pulls/1`. @throws Failure with method, path, status and GitHub's words */
  get<T>(path: string): Promise<T>;
  /** All entries, over all pages. @param path with a query or none */
  list<T>(path: string): Promise<T[]>;
  send<T>(method: "POST" | "PATCH" | "DELETE", path: string, body?: object): Promise<T>;
}

/** GitHub answered, but not as was hoped. */
export class GitHubRefused extends Failure {
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/**
 * The repository of `GITHUB_REPOSITORY`, asked with `GITHUB_TOKEN`, at `GITHUB_API_URL` if that is set.
 * @throws Failure with all that is wrong with these
 */
export function gitHub(env: NodeJS.ProcessEnv = process.env): GitHub {
  const { GITHUB_TOKEN = "", GITHUB_REPOSITORY = "", GITHUB_API_URL = "" } = env;
  const base = GITHUB_API_URL === "" ? "https://api.github.com" : GITHUB_API_URL.replace(/\/+$/, "");
  const faults = [
    ...(/^[\x21-\x7e]+$/.test(GITHUB_TOKEN)
      ? []
      : ["GITHUB_TOKEN is not set, or has characters that no token has."]),
    ...(/^[\w.-]+\/[\w.-]+$/.test(GITHUB_REPOSITORY)
      ? []
      : [
          `GITHUB_REPOSITORY (found: ${JSON.stringify(GITHUB_REPOSITORY)}): set it to owner/name of the repository.`,
        ]),
    ...(/^(https:\/\/|http:\/\/(127\.0\.0\.1|localhost)[:/])/.test(base)
      ? []
      : [
          `GITHUB_API_URL (found: ${JSON.stringify(base)}): must begin with https://, as the token goes there.`,
        ]),
  ];
  if (faults.length > 0) throw new Failure(faults.join("\n"));

  const root = `${base}/repos/${GITHUB_REPOSITORY}`;
  const ask = (method: string, url: string, body?: object) => call(method, url, GITHUB_TOKEN, body);
  return {
    get: async <T>(path: string) => (await ask("GET", `${root}${path}`)).body as T,
    send: async <T>(method: string, path: string, body?: object) =>
      (await ask(method, `${root}${path}`, body)).body as T,
    async list<T>(path: string): Promise<T[]> {
      const all: T[] = [];
      let next: string | undefined = `${root}${path}${path.includes("?") ? "&" : "?"}per_page=${perPage}`;
      while (next !== undefined) {
        const { body, link }: Answer = await ask("GET", next);
        all.push(...(body as T[]));
        next = nextPage(link, base);
      }
      return all;
    },
  };
}

interface Answer {
  readonly body: unknown;
  readonly link: string;
}

async function call(method: string, url: string, token: string, body?: object): Promise<Answer> {
  const where = `${method} ${new URL(url).pathname}`;
  const answer = await fetch(url, {
    method,
    headers: {
      accept: "application/vnd.github+json",
      authorization: `Bearer ${token}`,
      "user-agent": "vllm-platform",
      "x-github-api-version": "2022-11-28",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    // Another place than the one named is not given the token.
    redirect: "error",
    signal: AbortSignal.timeout(patience),
  }).catch((error: unknown) => {
    throw new Failure(`${where}: GitHub did not answer: ${wordsOf(error)}`);
  });
  const text = await answer.text();
  if (!answer.ok) {
    throw new GitHubRefused(
      `${where}: GitHub answered ${answer.status}: ${messageOf(text)}${hint(answer.status)}`,
      answer.status,
    );
  }
  try {
    return { body: text === "" ? undefined : JSON.parse(text), link: answer.headers.get("link") ?? "" };
  } catch {
    throw new Failure(`${where}: GitHub answered ${answer.status} with something that is no JSON.`);
  }
}

/** What GitHub says of a refusal; of a page of HTML only its beginning. */
function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === "string") return message.slice(0, 300);
  } catch {
    // no JSON: a proxy's page
  }
  return text.trim().slice(0, 300);
}

function hint(status: number): string {
  return status === 403 || status === 404
    ? " (does the token have the permissions that docs/ci.md names?)"
    : "";
}

/** The next page by the header `Link`, but only where it is the same server's: the token goes there. */
function nextPage(link: string, base: string): string | undefined {
  const next = /<([^>]+)>;[^,]*\brel="next"/.exec(link)?.[1];
  if (next === undefined) return undefined;
  if (new URL(next).origin !== new URL(base).origin) {
    throw new Failure(
      `GitHub names ${new URL(next).origin} for the next page, which is not where it was asked.`,
    );
  }
  return next;
}
