/** Paths, methods, media, the key, and pages of other origins. */
import { type Case, type Cases, chat, chatPath, completion, refusal, since } from "../case.ts";
import { absent, aNumber, aText, type Shape } from "../shape.ts";

export const paths: Cases = (about) => [
  ...found(about),
  ...refused(about),
  ...media(about),
  ...otherOrigins(about),
  ...(about.apiKey === undefined ? [] : withKey(about)),
];

const found: Cases = ({ names, length, version }) => [
  { title: "is healthy, with an empty answer", ask: { path: "/health" }, status: 200, body: "" },
  { title: "answers a ping", ask: { path: "/ping" }, status: 200, body: "" },
  { title: "tells its load", ask: { path: "/load" }, status: 200, body: { server_load: aNumber } },
  { title: "tells its version", ask: { path: "/version" }, status: 200, body: { version } },
  { title: "has a page that explains it", ask: { path: "/docs" }, status: 200, body: /Swagger UI/ },
  {
    title: "describes its interface",
    ask: { path: "/openapi.json" },
    status: 200,
    body: { info: { title: "FastAPI", version: "0.1.0" }, paths: { [chatPath]: { post: {} } } },
  },
  {
    title: "lists its names with the context's length",
    ask: { path: "/v1/models" },
    status: 200,
    body: {
      object: "list",
      data: names.map((id) => ({
        id,
        object: "model",
        created: aNumber,
        owned_by: "vllm",
        root: aText,
        parent: null,
        max_model_len: length,
        permission: [{ id: /^modelperm-/, allow_sampling: true, organization: "*" }],
      })),
    },
  },
];

const refused: Cases = (about) => {
  const detail = (detail: string) => ({ body: { detail } });
  const otherMethods: [method: string, path: string, allowed: string][] = [
    ["HEAD", "/health", "GET"],
    ["HEAD", "/v1/models", "GET"],
    ["HEAD", chatPath, "POST"],
    ["POST", "/version", "GET"],
    ["GET", chatPath, "POST"],
    ["PUT", chatPath, "POST"],
    ["OPTIONS", "/v1/models", "GET"],
  ];
  // An address by which Traefik passes /v1/ on: the server reads the encoded slash as one, and goes no step up.
  const disguised = ["/v1/..%2fmetrics", "/v1/%2e%2e%2fmetrics", "/v1/nowhere%2f..%2f..%2fmetrics"];
  const unknown = ["/", "/v1", "/v1/nowhere", "/v1/models/default", "/v1/tokenize", ...disguised];
  return [
    ...otherMethods.map(([method, path, allow]) => ({
      title: `takes no ${method} on ${path}`,
      ask: { method, path },
      status: 405,
      headers: { allow },
      ...(method === "HEAD" ? {} : detail("Method Not Allowed")),
    })),
    ...unknown.map((path) => ({
      title: `has nothing on ${path}`,
      ask: { path },
      status: 404,
      ...detail("Not Found"),
    })),
    ...["/v1/models", "/version"].map((path) => ({
      title: `sends ${path}/ on to ${path}`,
      ask: { path: `${path}/` },
      status: 307,
      headers: { location: new RegExp(`^http://[^/]+${path}$`) },
    })),
    {
      title: "serves no embeddings",
      ask: { path: "/v1/embeddings", json: { input: "x" } },
      // Older ones answer 200 with an error in the body.
      ...since<Pick<Case, "status" | "body">>(
        about,
        "0.12.0",
        { status: 404, ...detail("Not Found") },
        { ...refusal(about, { message: /does not support Embeddings API/ }), status: 200 },
      ),
    },
    ...since(
      about,
      "0.10.0",
      [],
      [{ title: "has no /v1/responses", ask: { path: "/v1/responses", json: {} }, status: 404 }],
    ),
  ];
};

const media: Cases = (about) => {
  const detail = "Unsupported Media Type: Only 'application/json' is allowed";
  const refusedMedium = since<Pick<Case, "status" | "body">>(
    about,
    "0.9.0",
    refusal(about, { message: new RegExp(detail), type: "Bad Request" }),
    { status: 415, body: { detail } },
  );
  const of = (type: string | undefined): Case["ask"] => {
    const { json, path } = chat();
    const headers = type === undefined ? {} : { "Content-Type": type };
    return { path, text: JSON.stringify(json), headers };
  };
  return [
    { title: "takes no body of no type", ask: of(undefined), ...refusedMedium },
    { title: "takes no form", ask: of("application/x-www-form-urlencoded"), ...refusedMedium },
    { title: "takes no other JSON", ask: of("application/vnd.other+json"), ...refusedMedium },
    { title: "takes JSON with a charset", ask: of("Application/JSON; charset=utf-8"), status: 200 },
  ];
};

const otherOrigins: Cases = (about) => {
  const asking = { Origin: "http://page.example", "Access-Control-Request-Method": "POST" };
  const preflight = { method: "OPTIONS", path: chatPath, headers: asking };
  const allowed = since<Shape>(about, "0.32.0", absent, "*");
  return [
    {
      title: "tells a page of another origin beforehand whether it may ask",
      ask: preflight,
      ...since<Pick<Case, "status" | "body">>(
        about,
        "0.32.0",
        { status: 400, body: "Disallowed CORS origin" },
        { status: 200, body: "OK" },
      ),
      headers: { "access-control-allow-origin": allowed, "access-control-allow-methods": /\bPOST\b/ },
    },
    {
      title: "lets such a page see the answer, or not",
      ask: { path: "/health", headers: { Origin: "http://page.example" } },
      status: 200,
      headers: { "access-control-allow-origin": allowed },
    },
  ];
};

const withKey: Cases = (about) => {
  const path = "/v1/models";
  const unauthorized = { status: 401, body: { error: "Unauthorized" } };
  const none = { authorization: "" };
  return [
    { title: "asks for the key below /v1", ask: { path, ...none }, ...unauthorized },
    {
      title: "asks for it on paths that are not there, too",
      ask: { path: "/v1/x", ...none },
      ...unauthorized,
    },
    { title: "takes no other key", ask: { path, authorization: "Bearer wrong" }, ...unauthorized },
    {
      title: "takes no other scheme",
      ask: { path, authorization: `Basic ${about.apiKey}` },
      ...unauthorized,
    },
    {
      title: "takes the scheme in small letters, or not",
      ask: { path, authorization: `bearer ${about.apiKey}` },
      ...since<Pick<Case, "status" | "body">>(about, "0.11.0", { status: 200 }, unauthorized),
    },
    { title: "tells its health without the key", ask: { path: "/health", ...none }, status: 200 },
    {
      title: "generates without the key on /invocations",
      ask: { ...completion(), path: "/invocations", ...none },
      status: 200,
      body: { object: "text_completion" },
    },
  ];
};
