// Does NOT prove that a NetworkPolicy lets Traefik in, that cert-manager issues, or how fast vLLM and a model of use answer: see
// lab/gateway/README.md for what is real here. Times are printed, not judged.
import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openPodNetwork, silentAddress } from "../../lab/gateway/addresses.ts";
import { type Answer, ask, type Question } from "../../lab/gateway/ask.ts";
import { startOllama, whyNoOllama } from "../../lab/gateway/ollama.ts";
import { startServer } from "../../lab/gateway/server.ts";
import { startTraefik, type Traefik } from "../../lab/gateway/traefik.ts";
import { type PrivateNetwork, type Program, whyNoNetwork } from "../../lab/network/network.ts";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { ensureToolchain } from "../../lab/toolchain/index.ts";
import { configure } from "../support/configure.ts";
import { up } from "../support/pulumi.ts";
import { eventually, kubectlOn, silentProgress, startedSandbox } from "../support/sandbox.ts";

const gatewayHost = "llm.home.example.org";
const routeHost = "vllm.example.org";
const ollamaPort = 11_434;
const key = "Bearer a-key";
const MiB = 1024 ** 2;

/** Milliseconds in which the toolchain must have what it builds on a first run: some minutes each on two cores. */
const firstRun = 1_800_000;

async function bring(part: "traefik" | "ollama"): Promise<string> {
  return (await ensureToolchain({ progress: silentProgress, parts: [part] })).path(part);
}

const chat = (more: object = {}): string =>
  JSON.stringify({ model: "default", messages: [{ role: "user", content: "Hello" }], ...more });

describe("the gateway on a real Traefik", function () {
  this.timeout(240_000);
  let sandbox: Sandbox;
  let network: PrivateNetwork;
  let traefik: Traefik;
  let gpu: Program | undefined;
  let cpu: Program | undefined;
  const figures: [string, number][] = [];

  before(async function () {
    this.timeout(firstRun);
    const why = await whyNoNetwork();
    if (why !== undefined) {
      console.log(`    skipped: ${why}`);
      this.skip();
    }
    const executable = await bring("traefik");
    sandbox = await startedSandbox();
    network = await openPodNetwork(sandbox);
    for (const mode of ["ml", "gaming"]) {
      configure(sandbox, mode, {
        gateway: { enabled: true, host: gatewayHost },
        route: { host: routeHost },
      });
    }
    await up(sandbox, "ml");
    traefik = await startTraefik({ network, sandbox, executable });
    gpu = await startServer(network, 8000, true);
  });

  after(async () => {
    for (const [what, ms] of figures) console.log(`    ${what.padEnd(52)} ${ms.toFixed(0)} ms`);
    await traefik?.close();
    await network?.close();
    await sandbox?.remove();
  });

  const gateway = (question: Partial<Question> = {}): Promise<Answer> =>
    ask(traefik, {
      host: gatewayHost,
      path: "/v1/chat/completions",
      body: chat(),
      ...question,
      headers: { authorization: key, ...question.headers },
    });
  const fault = (what: string, more: Partial<Question> = {}): Promise<Answer> =>
    gateway({ ...more, headers: { "x-fault": what } });
  const get = (path: string, more: Partial<Question> = {}): Promise<Answer> => {
    const { body: _, ...question } = { body: undefined, ...more };
    return ask(traefik, { host: gatewayHost, path, ...question });
  };
  const apply = (object: object): Promise<string> =>
    kubectlOn(sandbox, ["apply", "--server-side", "-f", "-"], JSON.stringify(object));

  function isFrom(whom: "gpu" | "cpu", answer: Answer): void {
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers["x-served-by"], whom);
    // The GPU sees the client's key, the CPU none.
    assert.equal(answer.headers["x-seen"], `/v1/chat/completions ${whom === "gpu" ? key : "no key"}`);
    assert.equal(answer.cut, false);
  }

  const note = (what: string, { firstMs }: Answer): void =>
    void figures.push([`${what}: first byte`, firstMs]);

  /**
   * Traefik hears of a change of the cluster's objects a moment later. Its own refusal bears the name of who should have answered,
   * too, so only an answer counts.
   */
  const servedBy = (whom: "gpu" | "cpu", question?: Partial<Question>): Promise<Answer> =>
    eventually(30, async () => {
      const answer = await gateway(question);
      return answer.status === 200 && answer.headers["x-served-by"] === whom ? answer : undefined;
    });

  it("leads to the GPU without an Ollama, and says 503 where neither is there", async () => {
    isFrom("gpu", await servedBy("gpu"));
    await gpu?.end();
    const { status, cut } = await gateway();
    assert.deepEqual({ status, cut }, { status: 503, cut: false });
    gpu = await startServer(network, 8000, true);
    note("healthy GPU", await servedBy("gpu"));
  });

  describe("with Ollama's pod", () => {
    before(async () => {
      await apply({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "ollama", namespace: "ml", labels: { "app.kubernetes.io/name": "ollama" } },
        spec: {
          containers: [{ name: "ollama", image: "ollama/ollama", ports: [{ containerPort: ollamaPort }] }],
        },
      });
      cpu = await startServer(network, ollamaPort, false);
      await servedBy("cpu", { headers: { "x-fault": "503 as JSON" } });
    });

    it("leads to the GPU as long as that answers, streams included", async () => {
      isFrom("gpu", await gateway());
      const stream = await gateway({ body: chat({ stream: true }) });
      isFrom("gpu", stream);
      assert.match(stream.headers["content-type"] ?? "", /^text\/event-stream/);
      assert.match(stream.text, /data: \[DONE\]\n\n$/);
    });

    for (const what of ["503 as JSON", "503 chunked", "503 as events", "reset before the first byte"]) {
      it(`has the CPU answer instead: ${what}`, async () => {
        const answer = await fault(what);
        isFrom("cpu", answer);
        assert.equal(answer.headers["content-type"], "application/json");
        assert.match(answer.text, /^\{"id":"chatcmpl-/);
        note(what, answer);
        const stream = await fault(what, { body: chat({ stream: true }) });
        isFrom("cpu", stream);
        assert.match(stream.headers["content-type"] ?? "", /^text\/event-stream/);
        assert.match(stream.text, /data: \[DONE\]\n\n$/);
      });
    }

    it("has the CPU answer instead where the server's port is closed", async () => {
      await gpu?.end();
      const answer = await gateway();
      isFrom("cpu", answer);
      note("refused", answer);
      isFrom("cpu", await gateway({ body: chat({ stream: true }) }));
      gpu = await startServer(network, 8000, true);
      isFrom("gpu", await servedBy("gpu"));
    });

    it("cuts a stream that breaks after its first byte, and says whose it was", async () => {
      const { status, headers, cut, text } = await fault("reset after the first byte");
      assert.deepEqual([status, headers["x-served-by"], cut], [200, "gpu", true]);
      assert.match(text, /^data: /);
    });

    it("leaves a server that accepts and never answers to the probes: this request waits, no other one does", async () => {
      const waited = AbortSignal.timeout(3_000);
      await assert.rejects(fault("hang", { signal: waited }), { name: "AbortError" });
      isFrom("gpu", await gateway());
    });

    it("asks by a connection again, but not by one that the server is about to close", async () => {
      const connection = async (): Promise<unknown> => (await gateway()).headers["x-connection"];
      const first = await connection();
      assert.equal(await connection(), first);
      await sleep(4_000);
      assert.notEqual(await connection(), first);
    });

    it("passes a slow stream on as it comes", async () => {
      const { text, partsMs, firstMs, headers } = await fault("slow stream");
      assert.equal(headers["x-served-by"], "gpu");
      assert.match(text, /one .*two .*three .*four .*\[DONE\]/s);
      assert.ok((partsMs.at(-1) ?? 0) - firstMs > 300, `all at once, after ${firstMs} ms`);
      note("slow stream", { firstMs } as Answer);
    });

    it("passes bodies of 4 MiB whole in both directions, and refuses what is longer than 8 MiB", async () => {
      const body = JSON.stringify({ text: "x".repeat(4 * MiB) });
      const { status, text } = await fault("echo", { body });
      assert.equal(status, 200);
      assert.ok(text === body, `${text.length} of ${body.length} bytes came back`);
      const large = await fault("echo", { body: Buffer.alloc(8 * MiB + 1024, "x") });
      assert.equal(large.status, 413);
      assert.match(large.text, /Request body too large/);
      // Traefik says so and closes; a client that is still sending may see no more than that.
      const larger = await fault("echo", { body: Buffer.alloc(40 * MiB, "x") }).then(
        ({ status }) => status,
        ({ code }: NodeJS.ErrnoException) => code,
      );
      assert.ok([413, "ECONNRESET", "EPIPE"].includes(larger ?? ""), String(larger));
    });

    it("keeps what is the request's own fault with the GPU: a wrong model, a body that is none, 500", async () => {
      for (const [status, answer] of [
        [404, await gateway({ body: chat({ model: "no-such-model" }) })],
        [400, await gateway({ body: "{" })],
        [500, await fault("500")],
      ] as const) {
        assert.equal(answer.status, status);
        assert.equal(answer.headers["x-served-by"], "gpu");
      }
    });

    it("has the CPU answer after a second where a node is silent, and at once where the GPU is given away", async () => {
      await up(sandbox, "gaming");
      const away = await servedBy("cpu");
      isFrom("cpu", away);
      note("no endpoints", await gateway());
      const name = "vllm-api-silent";
      await apply({
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        metadata: { name, namespace: "ml", labels: { "kubernetes.io/service-name": "vllm-api" } },
        addressType: "IPv4",
        ports: [{ name: "http", port: 8000, protocol: "TCP" }],
        endpoints: [{ addresses: [silentAddress], conditions: { ready: true } }],
      });
      await sleep(3_000);
      const silent = await gateway();
      isFrom("cpu", silent);
      note("silent node", silent);
      await kubectlOn(sandbox, ["delete", "endpointslice", name, "-n", "ml"]);
      await up(sandbox, "ml");
      isFrom("gpu", await servedBy("gpu"));
    });
  });

  describe("lets in", () => {
    const ways = [
      { about: "the gateway", host: gatewayHost },
      { about: "the public route", host: routeHost },
    ];
    for (const { about, host } of ways) {
      it(`no other address than ${about}'s list has`, async () => {
        assert.equal((await get("/v1/models", { host })).status, 200);
        const { status, headers } = await get("/v1/models", { host, client: "elsewhere" });
        assert.deepEqual([status, headers["x-seen"]], [403, undefined]);
      });

      it(`HTTPS alone by ${about}'s name, and redirects the rest`, async () => {
        for (const [body, expected] of [
          [undefined, 301],
          [chat(), 308], // which a client may not turn into a GET
        ] as const) {
          const question = { host, path: "/v1/models?a=b", entryPoint: "web" } as const;
          const { status, headers } = await ask(traefik, { ...question, ...(body && { body }) });
          assert.deepEqual([status, headers.location], [expected, `https://${host}/v1/models?a=b`]);
        }
      });

      it(`no other path than ${about}'s list has, however it is written`, async () => {
        for (const path of [
          ...[
            "/metrics",
            "/",
            "/v1",
            "/api/tags",
            "/v1/../metrics",
            "/v1/%2e%2e/metrics",
            "/v1/..%2fmetrics",
          ],
          ...[
            "/v1%2f..%2fmetrics",
            "/v1/./../metrics",
            "//metrics",
            "/v1/%2E%2E%2Fmetrics",
            "/v1;/../metrics",
          ],
        ]) {
          const { status, headers } = await get(path, { host });
          assert.ok([400, 404].includes(status), `${path}: ${status}`);
          // An encoded slash is passed on as it is: no server goes a step up by it, which test/server asks them.
          assert.match(String(headers["x-seen"] ?? "/v1/"), /^\/v1\//, path);
        }
      });
    }

    it("nobody who asks for another host", async () => {
      assert.equal((await get("/v1/models", { host: "other.example.org" })).status, 404);
    });

    it("clients inside the cluster by plain HTTP and the Service's name, by the same lists", async () => {
      for (const host of [
        "llm-gateway",
        "llm-gateway.ml",
        "llm-gateway.ml.svc",
        "llm-gateway.ml.svc.cluster.local",
      ]) {
        const inside = { host, entryPoint: "web" } as const;
        assert.equal((await get("/v1/models", inside)).headers["x-served-by"], "gpu");
        assert.equal((await get("/metrics", inside)).status, 404);
        assert.equal((await get("/v1/models", { ...inside, client: "elsewhere" })).status, 403);
      }
    });

    it("whoever the public route lets in to the server alone, with /health and /docs", async () => {
      for (const path of ["/v1/models", "/health", "/docs"]) {
        const { status, headers } = await get(path, { host: routeHost });
        assert.deepEqual([status, headers["x-served-by"]], [200, undefined], path);
      }
      await gpu?.end();
      assert.equal((await get("/v1/models", { host: routeHost })).status, 502);
      gpu = await startServer(network, 8000, true);
    });
  });

  describe("before a real Ollama", () => {
    before(async function () {
      this.timeout(firstRun);
      const why = await whyNoOllama();
      if (why !== undefined) {
        console.log(`      skipped: ${why}`);
        this.skip();
      }
      const executable = await bring("ollama");
      await gpu?.end();
      await cpu?.end();
      cpu = await startOllama({
        network,
        executable,
        port: ollamaPort,
        model: "default",
      });
    });

    it("answers by the alias, whole and streamed, and lists it", async () => {
      const began = performance.now();
      const cold = await gateway();
      figures.push(["Ollama, model not loaded: whole answer", performance.now() - began]);
      assert.deepEqual([cold.status, cold.headers["x-served-by"]], [200, "cpu"], cold.text);
      const { model, choices, system_fingerprint } = JSON.parse(cold.text);
      assert.deepEqual([model, system_fingerprint], ["default", "fp_ollama"]);
      assert.match(choices[0].message.content, /^[a-z]+$/);
      note("Ollama, model loaded", await gateway());
      const stream = await gateway({ body: chat({ stream: true }) });
      assert.match(stream.text, /data: \[DONE\]\n\n$/);
      assert.equal(stream.headers["x-served-by"], "cpu");
      note("Ollama, model loaded, streamed", stream);
      const models = JSON.parse((await get("/v1/models")).text) as { data: { id: string }[] };
      assert.deepEqual(
        models.data.map(({ id }) => id),
        ["default:latest"],
      );
    });

    it("does not show Ollama's own API, which its Service answers", async () => {
      for (const path of [
        "/api/tags",
        "/api/generate",
        "/v1/../api/tags",
        "/v1/%2e%2e/api/tags",
        "/v1/..%2fapi%2ftags",
      ]) {
        const { status } = await get(path);
        assert.ok([400, 404].includes(status), `${path}: ${status}`);
      }
      const socketPath = join(network.folder, "ollama.sock");
      await network.relay([{ from: { path: socketPath }, to: { host: "10.0.0.1", port: ollamaPort } }]);
      const answer = await ask(
        { socket: () => socketPath },
        {
          host: "ollama",
          path: "/api/generate",
          entryPoint: "web",
          body: JSON.stringify({ model: "default", prompt: "Hello", stream: false }),
        },
      );
      assert.equal(answer.status, 200, answer.text);
      const { response, done } = JSON.parse(answer.text);
      assert.match(response, /^[a-z]+$/);
      assert.equal(done, true);
    });
  });
});
