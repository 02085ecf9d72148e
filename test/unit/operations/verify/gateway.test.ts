// Does NOT prove that Traefik answers so: test/engine has the gateway's own tests. Here a server of this machine does.
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { createServer, type RequestOptions, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { judge } from "../../../../operations/verify/base/report.ts";
import { type GatewaySubject, gateway } from "../../../../operations/verify/checks/gateway.ts";

const pem = (name: string) =>
  readFileSync(join(import.meta.dirname, `../../../../lab/gateway/pod/${name}.pem`), "utf8");
const lookup: NonNullable<RequestOptions["lookup"]> = (_, options, found) =>
  options.all ? found(null, [{ address: "127.0.0.1", family: 4 }]) : found(null, "127.0.0.1", 4);

describe("the gateway", () => {
  let server: Server;
  let answer: RequestListener;
  let subject: GatewaySubject;
  let keys: (string | undefined)[];

  before(async () => {
    server = createServer({ cert: pem("certificate"), key: pem("certificate-key") }, (request, response) => {
      keys.push(request.headers.authorization);
      answer(request, response);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });

  after(() => server.close());

  beforeEach(() => {
    keys = [];
    const url = `https://vllm.home.example.org:${(server.address() as AddressInfo).port}`;
    subject = {
      way: { name: "https://gateway", origin: new URL(url), options: { lookup, ca: pem("certificate") } },
      notAfter: new Date(new X509Certificate(pem("certificate")).validTo),
      now: new Date(),
      headers: { authorization: "Bearer sk-secret" },
      signal: new AbortController().signal,
    };
  });

  const found = async (expected: "gpu" | "cpu") => {
    const { state, found } = await judge("gateway", subject.signal, () => gateway(subject, expected));
    return `${state}: ${found}`;
  };
  const saying = (status: number, by?: string): RequestListener => {
    return (_, response) =>
      response.writeHead(status, by === undefined ? {} : { "x-served-by": by }).end("{}");
  };

  it("says who answers, which is the one who should", async () => {
    answer = saying(200, "gpu");
    assert.equal(await found("gpu"), "ok: https://gateway: x-served-by gpu");
    assert.equal(await found("cpu"), "failed: x-served-by is gpu and not cpu");
    answer = saying(200);
    assert.equal(await found("gpu"), "failed: x-served-by is missing and not gpu");
    answer = saying(503, "cpu");
    assert.equal(await found("cpu"), "failed: it answers 503 and not 200");
    assert.equal(keys.length, 4);
  });

  it("is shown no key where it is another server's", async () => {
    answer = saying(200, "gpu");
    subject = { ...subject, notAfter: new Date(0) };
    assert.match(await found("gpu"), /^skipped: this cluster's ends on 1970-01-01: another server/);
    assert.deepEqual(keys, []);
  });
});
