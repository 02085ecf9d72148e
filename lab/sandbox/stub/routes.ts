/** Which paths the server has, by version, and what each answers. */
import { modelList, streamedAnswer, wholeAnswer } from "./answers.ts";
import { type Generated, generate } from "./generate.ts";
import { type Answer, errorAnswer, refusal } from "./interface/errors.ts";
import { type Kind, readBody } from "./interface/request.ts";
import type { Served } from "./interface/served.ts";
import { does } from "./interface/versions.ts";
import type { Meter } from "./metrics.ts";
import { judge } from "./rules/index.ts";

/** A request, as far as an answer depends on it. */
export interface Call {
  readonly served: Served;
  readonly meter: Meter;
  readonly body: string;
  readonly requestId: string | undefined;
}

/** What is sent: JSON, a text of a type, or the payloads of a stream. */
export type Reply =
  | Answer
  | { readonly status: number; readonly type: string; readonly text: string }
  | { readonly payloads: readonly object[]; readonly ended: (whole: boolean) => void };

export interface Route {
  readonly methods: readonly string[];
  /** Whether the body must be said to be JSON. */
  readonly takesJson?: boolean;
  readonly answer: (call: Call) => Reply;
}

const nothing: Reply = { status: 200, type: "", text: "" };
const reads = (answer: Route["answer"], methods: readonly string[] = ["GET"]): Route => ({ methods, answer });
/** A page is not a route of vLLM's framework, which alone refuses HEAD. */
const page = (answer: Route["answer"]): Route => reads(answer, ["GET", "HEAD"]);
const takes = (answer: Route["answer"]): Route => ({ methods: ["POST"], takesJson: true, answer });
const generates = (kind: Kind): Route => takes((call) => generation(kind, call));

/** Real vLLM loads Swagger UI from a public network; this page loads nothing. */
const docs = page(() => ({
  status: 200,
  type: "text/html; charset=utf-8",
  text: `<!DOCTYPE html>
<title>Swagger UI (simulated)</title>
<h1>Swagger UI (simulated by the vllm-platform sandbox)</h1>
<p>GET /v1/models, POST /v1/completions, POST /v1/chat/completions, GET /health</p>
`,
}));

/** vLLM answers there, and the stub has nothing to say. */
const notImitated = takes(() => ({
  status: 501,
  body: { error: "vLLM answers on this path, and the sandbox's stub does not imitate it." },
}));

const always: Readonly<Record<string, Route>> = {
  "/health": reads(() => nothing),
  "/ping": reads(() => nothing, ["GET", "POST"]),
  "/load": reads(() => ({ status: 200, body: { server_load: 0 } })),
  "/version": reads(({ served }) => ({ status: 200, body: { version: served.version } })),
  "/docs": docs,
  "/redoc": docs,
  "/openapi.json": page(({ served }) => ({ status: 200, body: openApi(served) })),
  "/metrics": page(({ served, meter }) => ({
    status: 200,
    type: "text/plain; version=1.0.0; charset=utf-8",
    text: meter.page(served),
  })),
  "/v1/models": reads(({ served }) => modelList(served)),
  "/v1/completions": generates("completion"),
  "/v1/chat/completions": generates("chat"),
  "/invocations": takes((call) => generation(/"messages"\s*:/.test(call.body) ? "chat" : "completion", call)),
  "/tokenize": notImitated,
  "/detokenize": notImitated,
};

/** By their paths, without a slash at the end. */
export function routesOf({ version }: Served): Readonly<Record<string, Route>> {
  const noEmbeddings = errorAnswer(
    version,
    400,
    "BadRequestError",
    "The model does not support Embeddings API",
  );
  return {
    ...always,
    ...(does(version, "has embeddings only where served")
      ? {}
      : { "/v1/embeddings": takes(() => ({ ...noEmbeddings, status: 200 })) }),
    ...(does(version, "has /v1/responses") ? { "/v1/responses": notImitated } : {}),
    ...(does(version, "has /v1/messages")
      ? { "/v1/messages": notImitated, "/v1/messages/count_tokens": notImitated }
      : {}),
  };
}

function generation(kind: Kind, { served, meter, body, requestId }: Call): Reply {
  const asked = readBody(kind, body);
  if (!("kind" in asked)) return refusal(served.version, asked);
  const refused = judge(asked, served);
  if (refused !== undefined) return refused;
  const ended = meter.begin();
  const generated: Generated = generate(served, asked, requestId);
  const now = Math.floor(Date.now() / 1000);
  if (asked.body.stream) {
    return {
      payloads: streamedAnswer(served, asked, generated, now),
      ended: (whole) => ended(whole ? generated : undefined),
    };
  }
  ended(generated);
  return wholeAnswer(served, asked, generated, now);
}

function openApi(served: Served): object {
  const paths = Object.entries(routesOf(served)).map(([path, { methods }]) => [
    path,
    Object.fromEntries(methods.map((method) => [method.toLowerCase(), { summary: "Simulated" }])),
  ]);
  return {
    openapi: "3.1.0",
    info: { title: "FastAPI", version: "0.1.0" },
    paths: Object.fromEntries(paths),
  };
}
