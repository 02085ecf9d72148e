// Does NOT prove that Traefik answers so; here a server of this machine shows a certificate of the tests.
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createPlain, type Server as Plain, type RequestListener } from "node:http";
import { createServer, type RequestOptions, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Way } from "../../../../cluster/server/ask.ts";
import { type RouteSubject, verifyRoute } from "../../../../operations/verify/checks/route.ts";
import { planFromFiles } from "../../../../stacks/index.ts";

const project = join(import.meta.dirname, "../../../..");
const pem = (name: string) => readFileSync(join(project, "lab/gateway/pod", `${name}.pem`), "utf8");
const host = "vllm.home.example.org";
/** Every name leads here. */
const lookup: NonNullable<RequestOptions["lookup"]> = (_, options, found) =>
  options.all ? found(null, [{ address: "127.0.0.1", family: 4 }]) : found(null, "127.0.0.1", 4);
const end = new Date(new X509Certificate(pem("certificate")).validTo);

describe("the public route", () => {
  let secure: Server;
  let plain: Plain;
  let answer: RequestListener;
  let redirects: (port: number) => [number, string];
  let subject: RouteSubject;
  let asked: string[];

  const portOf = (server: Plain | Server): number => (server.address() as AddressInfo).port;

  before(async () => {
    secure = createServer({ cert: pem("certificate"), key: pem("certificate-key") }, (request, response) => {
      asked.push(`https ${request.url}`);
      answer(request, response);
    });
    plain = createPlain((request, response) => {
      asked.push(`http ${request.url}`);
      const [status, location] = redirects(portOf(secure));
      response.writeHead(status, { location }).end();
    });
    for (const server of [secure, plain]) {
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
    }
  });

  after(() => {
    secure.close();
    plain.close();
  });

  const at = (url: string, ca?: string): Way => ({
    name: url,
    origin: new URL(url),
    options: { lookup, ...(ca === undefined ? {} : { ca }) },
  });

  beforeEach(() => {
    asked = [];
    answer = (_, response) => response.writeHead(404).end();
    redirects = (port) => [301, `https://${host}:${port}/health`];
    subject = {
      way: at(`https://${host}:${portOf(secure)}`, pem("certificate")),
      plain: at(`http://${host}:${portOf(plain)}`),
      route: { ...planFromFiles(project, "ml").settings.route, host },
      notAfter: end,
      now: new Date(end.getTime() - 30.5 * 24 * 3600 * 1000),
      signal: new AbortController().signal,
    };
  });

  const found = async () => {
    const { checks, isOurs } = await verifyRoute(subject);
    return { isOurs, found: checks.map(({ check, state, found }) => `${check} ${state}: ${found}`) };
  };

  it("is ours by the certificate that the cluster holds; it redirects, and lets no other path in", async () => {
    assert.deepEqual(await found(), {
      isOurs: true,
      found: [
        `certificate ok: valid for ${host} until 2126-11-03, 30 days`,
        `redirect ok: 301 to https://${host}:${portOf(secure)}/health`,
        "paths ok: /invocations is refused",
      ],
    });
  });

  it("fails where it does not redirect, or elsewhere, and where a path gets in", async () => {
    answer = (_, response) => response.writeHead(200).end();
    redirects = () => [200, ""];
    assert.deepEqual((await found()).found.slice(1), [
      "redirect failed: plain HTTP answers 200 and does not redirect",
      "paths failed: /invocations is in no list of the route and answers 200, not 404",
    ]);
    redirects = () => [301, "https://elsewhere.example.org/"];
    assert.match(
      String((await found()).found[1]),
      /^redirect failed: plain HTTP redirects to https:\/\/elsewhere\.example\.org\/ and not to https:\/\/vllm/,
    );
  });

  it("is looked at for a path that no list lets in, if there is one", async () => {
    subject = { ...subject, route: { ...subject.route, pathPrefixes: ["/v1/", "/invocations"] } };
    assert.equal((await found()).found[2], "paths ok: /tokenize is refused");
    subject = { ...subject, route: { ...subject.route, pathPrefixes: ["/"] } };
    assert.equal((await found()).found[2], "paths skipped: the route lets every path in");
  });

  describe("is asked nothing", () => {
    const nothingAsked = async (certificate: RegExp, others: RegExp) => {
      const { isOurs, found: lines } = await found();
      assert.equal(isOurs, false);
      assert.match(String(lines[0]), certificate);
      for (const line of lines.slice(1)) assert.match(line, others);
      assert.deepEqual(asked, []);
    };

    it("where no client takes its certificate", async () => {
      subject = { ...subject, way: at(subject.way.origin.href) };
      await nothingAsked(
        /^certificate failed: it signs itself.*until 2126-11-03/,
        /skipped: no client takes its certificate/,
      );
    });

    it("where its certificate is for another host", async () => {
      subject = { ...subject, way: at(`https://other.example.org:${portOf(secure)}`, pem("certificate")) };
      await nothingAsked(/^certificate failed: it is for another host \(until/, /skipped: no client/);
    });

    it("where it shows another certificate than the cluster holds, or nobody knows which that is", async () => {
      subject = { ...subject, notAfter: new Date("2027-01-01T00:00:00Z") };
      await nothingAsked(
        /^certificate ok: .*this cluster's ends on 2027-01-01: another server/,
        /skipped: this cluster's ends/,
      );
      subject = { ...subject, notAfter: undefined };
      await nothingAsked(
        /^certificate ok: .*is not known/,
        /skipped: whether it is this cluster's is not known/,
      );
    });

    it("where nobody is there", async () => {
      subject = { ...subject, way: at("https://127.0.0.1:1") };
      await nothingAsked(
        /^certificate skipped: https:\/\/127\.0\.0\.1:1 is not reached from here: connect ECONNREFUSED/,
        /skipped: https:\/\/127\.0\.0\.1:1 is not reached/,
      );
    });
  });
});
