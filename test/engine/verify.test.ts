// Does NOT prove that vLLM, Traefik or Ollama answer so: the server is the stub, nobody serves the route, and there is no Ollama.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exitCodes } from "../../cli/exit-codes.ts";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import type { Check, Measurement, Report } from "../../operations/verify/base/report.ts";
import { configure } from "../support/configure.ts";
import { gpuModeEnds, gpuModeJson, isWholly, startGpuMode } from "../support/gpu-mode.ts";
import { kubectlOn, startedSandbox } from "../support/sandbox.ts";

type Found = Report & { schemaVersion: number; failed: number; missed: number };

/** What V1 prints at its start; the weights are what the gate reckons, to a few MiB. */
const startLog = [
  "INFO 11-27 07:22:01 [gpu_model_runner.py:1347] Model loading took 5.2035 GiB and 3.457801 seconds",
  "INFO 11-27 07:22:02 [kv_cache_utils.py:634] GPU KV cache size: 66,000 tokens",
  "INFO:     Application startup complete.",
];
const healthy = { name: "healthy", loadSeconds: 0.2, stopSeconds: 0.2, log: startLog } as const;

describe("gpu-mode verify", function () {
  this.timeout(240_000);
  let sandbox: Sandbox;

  before(async () => {
    sandbox = await startedSandbox();
    await sandbox.setScenario(healthy);
    await gpuModeEnds(sandbox, 0, "ml");
  });

  after(() => {
    for (const server of opened) server.close();
    return sandbox?.remove();
  });

  const states = (checks: readonly Check[]) =>
    Object.fromEntries(checks.map(({ check, state }) => [check, state]));
  const of = (measurements: readonly Measurement[], metric: Measurement["metric"]): Measurement =>
    measurements.find((one) => one.metric === metric) ?? assert.fail(metric);

  it("asks the server of the active mode, and labels what is simulated by the server's own word", async () => {
    const report = await gpuModeJson<Found>(sandbox, "verify");
    assert.deepEqual(states(report.checks), {
      ...{ server: "ok", health: "ok", models: "ok", completion: "ok", chat: "ok", stream: "ok" },
      ...{ thoughts: "skipped", docs: "ok", key: "skipped" },
      ...{ certificate: "skipped", redirect: "skipped", paths: "skipped", ollama: "skipped" },
    });
    const { schemaVersion, mode, version, simulated, failed } = report;
    assert.deepEqual(
      { schemaVersion, mode, version, simulated, failed },
      { schemaVersion: 1, mode: "ml", version: "0.8.5.post1", simulated: "vllm-platform sandbox", failed: 0 },
    );
  });

  it("measures the speed and the last start, and holds the memory that it found against the gate's", async () => {
    const { measurements } = await gpuModeJson<Found>(sandbox, "verify", "ml");
    for (const metric of ["firstToken", "speed", "speedOfFour"] as const) {
      assert.ok((of(measurements, metric).actual ?? 0) > 0, metric);
    }
    const { actual, note } = of(measurements, "load");
    assert.ok(actual !== null, note);
    assert.equal(of(measurements, "weights").actual, 5.2035);
    const room = of(measurements, "keyValueCache");
    assert.equal(room.actual, 66_000);
    assert.ok(room.reckoned !== null && room.offPercent !== null);
  });

  it("prints all of it as a table, under and above the label", async () => {
    const { stdout } = await gpuModeEnds(sandbox, 0, "verify");
    assert.equal(
      stdout.match(/^SIMULATED by vllm-platform sandbox: no model and no GPU answered\.$/gm)?.length,
      2,
    );
    assert.match(stdout, /^✔ ok {7}model names +Qwen\/Qwen2\.5-7B-Instruct-AWQ, default$/m);
    assert.match(stdout, /^– skipped {2}Ollama +there is no Service ollama in namespace ml/m);
    assert.match(stdout, /^speed, one stream +at least 50 tokens\/s +\S+ tokens\/s/m);
    assert.match(stdout, /^weights on the card +– +5\.20 GiB +– +the gate reckoned 5\.\d\d, /m);
    assert.match(stdout, /^GPU unavailability detection +less than 10 s +9\.00 s +yes/m);
  });

  it("tells a missed target of a server at a URL, which fails only where that is asked for", async () => {
    const url = await slowWayTo(sandbox.url);
    const { stdout } = await gpuModeEnds(sandbox, 0, "verify", "--url", url);
    assert.match(stdout, /^speed, one stream +at least 50 tokens\/s +1?\d\.\d tokens\/s +NO /m);
    assert.match(stdout, /1 target missed, which fails only with --strict\.$/m);
    const strict = ["verify", "ml", "--strict", "--json", "--url", url];
    const { missed, failed } = JSON.parse(
      (await gpuModeEnds(sandbox, exitCodes.failed, ...strict)).stdout,
    ) as Found;
    assert.deepEqual({ missed, failed }, { missed: 1, failed: 0 });
  });

  it("fails where another server is at the URL, and ends where nobody answers", async () => {
    const asking = async (status: number, url: string) =>
      gpuModeEnds(sandbox, status, "verify", "--url", url);
    const other = await listening((_, response) => response.writeHead(404).end());
    const { stdout } = await asking(exitCodes.failed, other);
    assert.match(stdout, /^✖ failed +model names +it answers 404 and not 200$/m);
    const nobody = await asking(exitCodes.unreachable, "http://127.0.0.1:1");
    assert.match(
      nobody.stderr,
      /^http:\/\/127\.0\.0\.1:1 does not answer: connect ECONNREFUSED 127\.0\.0\.1:1\.$/m,
    );
    const none = await asking(exitCodes.usage, "vllm.home.example.org");
    assert.match(none.stderr, /it must be a URL such as https:\/\//);
  });

  it("takes the server away, and tells when that is noticed and when it is back", async () => {
    const { stderr } = await gpuModeEnds(sandbox, exitCodes.usage, "verify", "--failover");
    assert.match(stderr, /Nobody can be asked here whether to take the server away: add --yes/);
    const { measurements, checks } = await gpuModeJson<Found>(sandbox, "verify", "--failover", "--yes");
    assert.match(checks[0]?.found ?? "", /^taken away: pod vllm-server-/);
    const [loss, back] = [of(measurements, "loss"), of(measurements, "return")];
    assert.ok(loss.actual !== null && back.actual !== null && loss.actual < back.actual);
    assert.match(of(measurements, "takeover").note, /there is no Service ollama/);
    await isWholly(sandbox, "ml");
  });

  it("leaves a server that comes back by itself where it is stopped meanwhile", async () => {
    await sandbox.setScenario({ ...healthy, loadSeconds: 4 });
    const running = startGpuMode(sandbox, ["verify", "--failover", "--yes"]);
    await new Promise<void>((told) =>
      running.child.stderr?.on("data", () => running.printed("stderr").includes("deleted: pod") && told()),
    );
    running.child.kill("SIGINT");
    const { code, stderr } = await running.ended;
    await sandbox.setScenario(healthy);
    assert.equal(code, exitCodes.interrupted);
    assert.match(stderr, /Nothing is left to be undone: the server's pod was deleted/);
    await isWholly(sandbox, "ml");
  });

  it("looks in a mode that reasons for its tag, and shows the key to nobody but the server", async () => {
    configure(sandbox, "r1", { apiKey: true });
    await gpuModeEnds(sandbox, 0, "r1");
    const { stderr } = await gpuModeEnds(sandbox, exitCodes.refused, "verify", "ml");
    assert.match(stderr, /^Mode r1 has the GPU and not ml: switch first by gpu-mode ml\.$/m);
    const { stdout } = await gpuModeEnds(sandbox, 0, "verify", "--json");
    const { checks, measurements, simulated } = JSON.parse(stdout) as Found;
    const { key, thoughts, models, chat } = states(checks);
    assert.deepEqual(
      { key, thoughts, models, chat },
      { key: "ok", thoughts: "ok", models: "ok", chat: "ok" },
    );
    assert.equal(of(measurements, "speed").target?.value, 30);
    assert.equal(of(measurements, "load").target?.value, 90);
    assert.equal(simulated, "vllm-platform sandbox");
    const secret = await kubectlOn(sandbox, [
      ...["get", "secret", "vllm-api-key", "-n", "ml", "-o", "jsonpath={.data.api-key}"],
    ]);
    assert.ok(secret.length > 16 && !stdout.includes(Buffer.from(secret, "base64").toString()));
  });

  it("looks in a mode that frees the GPU that nobody is sent to a server", async () => {
    await gpuModeEnds(sandbox, 0, "gaming");
    const { stdout } = await gpuModeEnds(sandbox, 0, "verify");
    assert.match(stdout, /^✔ ok +no server +no pod, and Service vllm-api leads nowhere$/m);
    assert.match(
      stdout,
      /^Mode gaming serves nothing, and was not asked for answers\. 1 of 2 checks ok, 1 skipped\.$/m,
    );
    const { stderr } = await gpuModeEnds(sandbox, exitCodes.refused, "verify", "--failover", "--yes");
    assert.match(stderr, /Mode gaming serves nothing, so there is no server to take away/);
  });
});

const opened: Server[] = [];

async function listening(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  opened.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A way to a server by which some 16 tokens a second come: no machine makes it faster. */
function slowWayTo(server: string): Promise<string> {
  return listening(async (request, response) => {
    const { method = "GET", url, headers } = request;
    const body = method === "POST" ? { body: Buffer.concat(await request.toArray()) } : {};
    const type = { "content-type": headers["content-type"] ?? "" };
    const answer = await fetch(`${server}${url}`, { method, headers: type, ...body });
    const found = answer.headers.get("content-type") ?? "";
    response.writeHead(answer.status, { "content-type": found });
    for (const part of (await answer.text()).split(/(?<=\n\n)/)) {
      if (found.startsWith("text/event-stream")) await new Promise((wake) => setTimeout(wake, 60));
      response.write(part);
    }
    response.end();
  });
}
