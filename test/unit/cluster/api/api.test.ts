// Does not prove TLS, nor login plugins and proxies: those are the official client's; the engine tests use real certificates.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { ApiError, openApi, UnreachableError } from "../../../../cluster/api/index.ts";
import { RefusedError } from "../../../../system/errors.ts";

describe("requests to an API server", () => {
  const folder = mkdtempSync(join(tmpdir(), "vllm-platform-api-"));
  const kubeconfig = join(folder, "config.yaml");
  let server: Server;
  interface Given {
    status: number;
    body: string;
    headers?: Record<string, string>;
  }
  let answer: Given;
  /** What is answered before `answer`, one each. */
  let first: Given[] = [];
  let requests = 0;
  let seen: { method?: string; url?: string; authorization?: string; body: string };

  const audited = { "audit-id": "6f5b1a5e" };
  const status = (
    code: number,
    reason: string,
    message: string,
    headers?: Record<string, string>,
  ): Given => ({
    status: code,
    body: JSON.stringify({ kind: "Status", apiVersion: "v1", reason, message, code }),
    ...(headers === undefined ? {} : { headers }),
  });
  /** The time for which a busy API server is asked again is no matter of these tests. */
  const brief = { patientMs: 100 };

  const connection = (context = "here") => ({ kubeconfig, context, identifier: "test" });
  const write = (content: object): void => writeFileSync(kubeconfig, stringify(content));
  const config = (cluster: object, user: object) => ({
    contexts: [{ name: "here", context: { cluster: "c", user: "u" } }],
    clusters: [{ name: "c", cluster }],
    users: [{ name: "u", user }],
  });

  before(async () => {
    server = createServer(async (request, response) => {
      let body = "";
      for await (const part of request) body += part;
      const { method, url, headers } = request;
      seen = {
        ...(method ? { method } : {}),
        ...(url ? { url } : {}),
        body,
        ...(headers.authorization ? { authorization: headers.authorization } : {}),
      };
      requests += 1;
      const { status, headers: own = {}, body: text } = first.shift() ?? answer;
      response.writeHead(status, own).end(text);
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  });

  beforeEach(() => {
    first = [];
    requests = 0;
    const { port } = server.address() as AddressInfo;
    writeFileSync(join(folder, "token"), "from-a-file\n");
    write(config({ server: `http://127.0.0.1:${port}/prefix/` }, { tokenFile: "token" }));
  });

  after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  it("give the object, with the token that the file beside the kubeconfig holds now", async () => {
    answer = { status: 200, body: '{"metadata":{"name":"x"}}', headers: audited };
    const api = await openApi(connection());
    assert.deepEqual(await api.get("/api/v1/x"), { metadata: { name: "x" } });
    assert.deepEqual(seen, {
      method: "GET",
      url: "/prefix/api/v1/x",
      authorization: "Bearer from-a-file",
      body: "",
    });
    writeFileSync(join(folder, "token"), "replaced");
    await api.patch("/api/v1/x", [{ op: "remove", path: "/a" }]);
    assert.equal(seen.authorization, "Bearer replaced");
    assert.equal(seen.body, '[{"op":"remove","path":"/a"}]');
  });

  it("give what is no object as it stands, or the API server's words", async () => {
    const api = await openApi(connection());
    answer = { status: 200, body: "the first line\nthe last line\n", headers: audited };
    assert.equal(await api.text("/api/v1/x/log"), answer.body);
    answer = status(400, "BadRequest", "container not found");
    await assert.rejects(api.text("/api/v1/x/log"), new ApiError(400, "BadRequest", "container not found"));
  });

  it("make harmless what would act on a terminal, in objects, logs and refusals", async () => {
    const api = await openApi(connection());
    const [raw, shown] = ["\u001b[2J\u009b\u202eall is well", "\\u001b[2J\\u009b\\u202eall is well"];
    answer = { status: 200, body: JSON.stringify({ data: { model: raw } }), headers: audited };
    assert.deepEqual(await api.get("/x"), { data: { model: shown } });
    answer = { status: 200, body: `\u001b[36mRay\u001b[0m\rhalf\rwhole\r\nbell\u0007\n`, headers: audited };
    assert.equal(await api.text("/x/log"), "Ray\nhalf\nwhole\nbell\\u0007\n");
    answer = status(403, "Forbidden", raw);
    await assert.rejects(api.get("/x"), new ApiError(403, "Forbidden", shown));
  });

  it("take a missing object, and a missing kind, for no error", async () => {
    const api = await openApi(connection());
    for (const given of [
      status(404, "NotFound", "no"),
      { status: 404, body: "404 page not found\n", headers: audited },
    ]) {
      answer = given;
      assert.equal(await api.get("/x"), undefined);
      await api.remove("/x");
    }
  });

  it("know an object and a refusal also where a proxy has dropped the API server's headers", async () => {
    const api = await openApi(connection());
    answer = { status: 200, body: '{"kind":"Pod","apiVersion":"v1"}' };
    assert.deepEqual(await api.get("/x"), { kind: "Pod", apiVersion: "v1" });
    answer = status(403, "Forbidden", "no");
    await assert.rejects(api.get("/x"), new ApiError(403, "Forbidden", "no"));
  });

  it("tell a refusal by its code and the API server's own words", async () => {
    answer = status(409, "Conflict", "it has changed");
    const api = await openApi(connection());
    await assert.rejects(
      api.replace("/x", {}),
      (error: unknown) =>
        error instanceof ApiError && error.code === 409 && error.message === "it has changed",
    );
  });

  const unreachable: [string, Given, RegExp][] = [
    ["a proxy's page", { status: 502, body: "<html>" }, /^http:\S+ answers 502, and not as an API server$/],
    [
      "another server's 404",
      { status: 404, body: "404 page not found\n" },
      /^http:\S+ answers 404, and not as an API server$/,
    ],
    [
      "another server's 404 in JSON",
      { status: 404, body: '{"reason":"NotFound","message":"no route"}' },
      /answers 404, and not as an API server/,
    ],
    [
      "another server's answer in JSON",
      { status: 200, body: '{"object":"list","data":[]}' },
      /answers 200, and not as an API server/,
    ],
    ["another server's empty answer", { status: 200, body: "" }, /answers 200, and not as an API server/],
    [
      "rejected credentials",
      status(401, "Unauthorized", "Unauthorized"),
      /does not accept the kubeconfig's credentials/,
    ],
    ["an API server that is busy", status(429, "TooManyRequests", "too many"), /answers 429: too many$/],
    [
      "an API server without its database",
      status(500, "InternalError", "etcdserver: request timed out"),
      /answers 500: etcdserver: request timed out$/,
    ],
    [
      "an API server that says so in plain text",
      { status: 503, body: "shutting down\n", headers: audited },
      /answers 503: shutting down$/,
    ],
  ];
  for (const [name, given, text] of unreachable) {
    it(`take ${name} for a cluster that cannot be reached`, async () => {
      answer = given;
      const api = await openApi(connection(), brief);
      for (const asked of [api.get("/x"), api.create("/x", {}), api.remove("/x"), api.text("/x/log")]) {
        await assert.rejects(
          asked,
          (error: unknown) => error instanceof UnreachableError && text.test(error.message),
        );
      }
    });
  }

  it("take an object that is cut off for no answer", async () => {
    answer = { status: 200, body: '{"kind":', headers: audited };
    const api = await openApi(connection());
    await assert.rejects(api.get("/x"), /answers 200, and not as an API server$/);
  });

  describe("of an API server that is busy or just starting", () => {
    const busy = (code: number, after?: string) =>
      status(code, "", "later", after === undefined ? audited : { ...audited, "retry-after": after });
    const good: Given = { status: 200, body: "{}", headers: audited };

    it("are sent again where they only read", async () => {
      const api = await openApi(connection());
      first = [busy(429, "0"), busy(500), busy(503, "0"), busy(504)];
      answer = good;
      assert.deepEqual(await api.get("/x"), {});
      assert.equal(requests, 5);
    });

    it("are sent again where nothing can have been written", async () => {
      const api = await openApi(connection());
      first = [busy(429, "0"), busy(503, "0")];
      answer = good;
      await api.create("/x", {});
      assert.equal(requests, 3);
    });

    for (const given of [busy(500), busy(503), busy(504, "0")]) {
      it(`are not sent again where something may have been written: ${given.status}`, async () => {
        const api = await openApi(connection());
        first = [given];
        answer = good;
        await assert.rejects(api.replace("/x", {}), UnreachableError);
        assert.equal(requests, 1);
      });
    }

    it("end in time, also where it asks for a longer pause", async () => {
      const api = await openApi(connection(), brief);
      answer = busy(503, "3600");
      await assert.rejects(api.get("/x"), UnreachableError);
      assert.equal(requests, 1);
    });
  });

  it("tell why no port of a pod can be had, in the API server's words", async () => {
    const api = await openApi(connection());
    answer = status(403, "Forbidden", "pods is forbidden");
    await assert.rejects(api.connect("/x/portforward"), new ApiError(403, "Forbidden", "pods is forbidden"));
    answer = { status: 404, body: "404 page not found" };
    await assert.rejects(api.connect("/x/portforward"), /answers 404, and not as an API server$/);
  });

  it("name the address that does not answer", async () => {
    write(config({ server: "http://127.0.0.1:1" }, {}));
    const api = await openApi(connection());
    await assert.rejects(
      api.get("/x"),
      (error: unknown) =>
        error instanceof UnreachableError &&
        error.message === "http://127.0.0.1:1 does not answer: connect ECONNREFUSED 127.0.0.1:1",
    );
  });

  it("know whether anybody looks at the API server's certificate", async () => {
    const server = "https://127.0.0.1:1";
    for (const isUnverified of [false, true]) {
      write(config({ server, ...(isUnverified ? { "insecure-skip-tls-verify": true } : {}) }, {}));
      assert.equal((await openApi(connection())).isUnverified, isUnverified);
    }
  });

  it("are refused in words where the credentials cannot be had, and never quote them", async () => {
    const refused = (text: RegExp) =>
      assert.rejects(
        openApi(connection()).then((api) => api.get("/x")),
        (error: unknown) =>
          error instanceof RefusedError && text.test(error.message) && !error.message.includes("SECRET"),
      );
    const server = "http://127.0.0.1:1";
    write(config({ server }, { tokenFile: "missing" }));
    await refused(/missing \(its tokenFile\): the file does not exist/);
    const exec = (command: string, ...args: string[]) =>
      write(config({ server }, { exec: { apiVersion: "client.authentication.k8s.io/v1", command, args } }));
    exec("no-such-plugin");
    await refused(/its credentials cannot be had: its login plugin no-such-plugin is not on PATH/);
    exec("sh", "-c", "echo please log in >&2; exit 1");
    await refused(/its login plugin sh gives none: please log in\./);
    exec("echo", "SECRET");
    await refused(/its login plugin echo gives none\./);
    const whole = "users:\n- name: u\n  user:\n    token: ";
    for (const value of ["SECRET: x", "*SECRET", "!SECRET! x", "|SECRET", '"SECRET', "@SECRET", "%SECRET"]) {
      writeFileSync(kubeconfig, `${whole}${value}\n`);
      await refused(
        /the file is no YAML: .* at line \d+, column \d+|there is no such context|the file is no YAML: Unresolved alias/,
      );
    }
  });

  it("are refused by name where the kubeconfig does not describe the cluster", async () => {
    const refused = (context: string, text: RegExp) =>
      assert.rejects(
        openApi(connection(context)),
        (error: unknown) => error instanceof RefusedError && text.test(error.message),
      );
    await refused("there", /there: there is no such context\. Name one of here\./);
    write({ contexts: [{ name: "here", context: { cluster: "c", user: "u" } }] });
    await refused("here", /its cluster c is not described there/);
    write(config({}, {}));
    await refused("here", /its cluster has no server address/);
    write({});
    await refused("here", /there is no such context\. Write one into the file, which has none/);
    for (const [contexts, fault] of [
      [{}, /no kubeconfig \(contexts is no list\)/],
      ["here", /no kubeconfig \(contexts is no list\)/],
      [[null], /no kubeconfig \(contexts\.0 has no keys\)/],
      [[{}], /no kubeconfig \(contexts\.0\.name is no text\)/],
      [[{ context: 1 }], /no kubeconfig \(contexts\.0\.name is no text; contexts\.0\.context has no keys\)/],
      [
        [{ name: "here", context: { cluster: ["c"] } }],
        /\(contexts\.0\.context names a cluster or a user that is no text\)/,
      ],
    ] as const) {
      write({ contexts });
      await refused("here", fault);
    }
    for (const key of ["clusters", "users"]) {
      write({ contexts: [{ name: "here" }], [key]: [{ name: "c", [key.slice(0, -1)]: "c" }] });
      await refused("here", new RegExp(`no kubeconfig \\(${key}\\.0\\.${key.slice(0, -1)} has no keys\\)`));
    }
    write(["here"]);
    await refused("here", /the file is no kubeconfig \(it has no keys\)/);
    write({ contexts: [{ name: "here" }] });
    await refused("here", /it names no cluster/);
    write(config({ server: "https://127.0.0.1:1", "certificate-authority": "ca.crt" }, {}));
    await refused("here", /ca\.crt \(its certificate-authority\): the file does not exist\. Put it there/);
    rmSync(kubeconfig);
    await refused("here", /the file does not exist\. Name the kubeconfig in cluster\.kubeconfig/);
  });
});
