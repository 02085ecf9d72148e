// Does NOT prove anything of vLLM itself: the stub behind the URL imitates its HTTP interface.
import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { eventually, kubectlOn, startedSandbox } from "../support/sandbox.ts";

const coder = "TheBloke/deepseek-coder-6.7B-instruct-AWQ";
const r1 = "casperhansen/deepseek-r1-distill-qwen-7b-awq";

interface ServerOptions {
  readonly mode: string;
  readonly model: string;
  readonly replicas?: number;
  readonly env?: object[];
}

/** The least that the sandbox must recognise as the server: the names and labels that clients rely on. */
function server({ mode, model, replicas = 1, env = [] }: ServerOptions): string {
  const labels = { app: "vllm-server" };
  const container = {
    name: "vllm",
    image: "vllm/vllm-openai:v0.5.5",
    args: ["--model", model, "--served-model-name", model, "default", "--max-model-len", "8192"],
    env,
    resources: { limits: { "nvidia.com/gpu": "1" } },
  };
  const template = {
    metadata: { labels },
    spec: {
      runtimeClassName: "nvidia",
      nodeSelector: { "nvidia.com/gpu": "true" },
      tolerations: [{ key: "gpu", operator: "Equal", value: "true", effect: "NoSchedule" }],
      containers: [container],
    },
  };
  const items = [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "ml" } },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "vllm-server", namespace: "ml", labels: { "gpu-mode": mode } },
      spec: { replicas, strategy: { type: "Recreate" }, selector: { matchLabels: labels }, template },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "vllm-api", namespace: "ml" },
      spec: { selector: labels, ports: [{ name: "http", port: 8000, targetPort: 8000 }] },
    },
  ];
  return JSON.stringify({ apiVersion: "v1", kind: "List", items });
}

describe("the sandbox's URL", function () {
  this.timeout(120_000);
  let sandbox: Sandbox;

  const apply = (options: ServerOptions): Promise<string> =>
    kubectlOn(sandbox, ["apply", "--server-side", "--force-conflicts", "-f", "-"], server(options));
  const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(sandbox.url + path, { headers, signal: AbortSignal.timeout(10_000) });
  const post = (path: string, body: unknown): Promise<Response> =>
    fetch(sandbox.url + path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  const whyNot = async (): Promise<string | undefined> => {
    const response = await get("/v1/models");
    return response.status === 503 ? ((await response.json()) as { error: string }).error : undefined;
  };
  const servedNames = async (): Promise<string[] | undefined> => {
    const response = await get("/v1/models");
    if (response.status !== 200) return undefined;
    return ((await response.json()) as { data: { id: string }[] }).data.map(({ id }) => id);
  };

  before(async () => {
    sandbox = await startedSandbox({ loadSeconds: 0.5 });
  });

  after(() => sandbox?.remove());

  it("says 503 and why, before anything is deployed", async () => {
    const response = await get("/v1/models");
    assert.equal(response.status, 503);
    assert.equal(response.headers.get("x-simulated"), "vllm-platform sandbox");
    assert.deepEqual(await response.json(), {
      error: "no server is running: Deployment vllm-server does not exist in namespace ml",
    });
  });

  it("answers the reference setup's calls, written as there", async () => {
    await apply({ mode: "ml", model: coder });
    assert.deepEqual(await eventually(20, servedNames), [coder, "default"]);
    const calls = [
      `curl -sS ${sandbox.url}/v1/models`,
      `curl -sS -X POST ${sandbox.url}/v1/completions \\
  -H "Content-Type: application/json" \\
  -d '{
    "model": "${coder}",
    "prompt": "def fibonacci(n):",
    "max_tokens": 100,
    "temperature": 0.1
  }'`,
      `curl -sS -X POST ${sandbox.url}/v1/chat/completions \\
  -H "Content-Type: application/json" \\
  -d '{
    "model": "${coder}",
    "messages": [{"role": "user", "content": "Write a Python function to reverse a string"}],
    "max_tokens": 200
  }'`,
      `curl -sS ${sandbox.url}/docs`,
      `curl -sS -o /dev/null -w '%{http_code}' ${sandbox.url}/health`,
    ];
    const [models = "", completion = "", chat = "", docs = "", health = ""] = await Promise.all(
      calls.map(async (call) => (await promisify(execFile)("sh", ["-c", call])).stdout),
    );
    assert.equal((JSON.parse(models) as { data: { max_model_len: number }[] }).data[0]?.max_model_len, 8192);
    assert.match(
      (JSON.parse(completion) as { choices: { text: string }[] }).choices[0]?.text ?? "",
      /simulated/,
    );
    const answer = JSON.parse(chat) as { choices: { message: { content: string } }[] };
    assert.match(answer.choices[0]?.message.content ?? "", /simulated/);
    assert.match(docs, /Swagger UI/);
    assert.equal(health, "200");
  });

  it("streams, and keeps a connection for the next request", async () => {
    const response = await post("/v1/chat/completions", {
      model: "default",
      stream: true,
      messages: [{ role: "user", content: "hi" }],
    });
    assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
    const events = (await response.text()).trim().split("\n\n");
    assert.equal(events.at(-1), "data: [DONE]");
    assert.ok(events.length > 3);
    const reply = await twoRequestsOnOneConnection(new URL(sandbox.url));
    assert.equal(reply.match(/HTTP\/1\.1 200 OK/g)?.length, 2, reply);
  });

  it("a hundred connections at once are all answered", async () => {
    const statuses = await Promise.all(
      Array.from({ length: 100 }, async () => (await get("/health", { Connection: "close" })).status),
    );
    assert.deepEqual([...new Set(statuses)], [200]);
  });

  it("kubectl port-forward to the Service reaches the same server", async () => {
    const child = spawn("kubectl", ["port-forward", "svc/vllm-api", ":8000", "-n", "ml"], {
      env: sandbox.environment(),
    });
    try {
      const port = await forwardedPort(child);
      const response = await fetch(`http://127.0.0.1:${port}/v1/models`);
      assert.equal(((await response.json()) as { data: { id: string }[] }).data[0]?.id, coder);
    } finally {
      child.kill();
    }
  });

  it("follows the mode: r1's names after r1, its chain of thought in the content", async () => {
    await apply({ mode: "r1", model: r1 });
    await eventually(20, async () => ((await servedNames())?.includes(r1) ? true : undefined));
    assert.equal((await post("/v1/completions", { model: coder, prompt: "x" })).status, 404);
    const response = await post("/v1/chat/completions", {
      model: r1,
      messages: [{ role: "user", content: "What is 15 + 27?" }],
    });
    const body = (await response.json()) as { choices: { message: { content: string } }[] };
    assert.match(body.choices[0]?.message.content ?? "", /^<think>[\s\S]+<\/think>/);
  });

  it("says why in gaming mode, and that a pod is loading after it", async () => {
    await apply({ mode: "gaming", model: r1, replicas: 0 });
    const gaming = "no server is running: Deployment vllm-server has 0 replicas (mode gaming)";
    await eventually(20, async () => ((await whyNot()) === gaming ? true : undefined));
    await sandbox.setScenario({ name: "never-ready", stopSeconds: 0.2 });
    await apply({ mode: "ml", model: coder });
    await eventually(20, async () =>
      /^no server is ready: pod vllm-server-\S+ is loading \(mode ml\)$/.test((await whyNot()) ?? "")
        ? true
        : undefined,
    );
    await sandbox.setScenario({ name: "image-missing", stopSeconds: 0.2 });
    await kubectlOn(sandbox, ["delete", "pods", "--all", "-n", "ml"]);
    await eventually(20, async () =>
      (await whyNot())?.includes("waits: ImagePullBackOff") ? true : undefined,
    );
    await sandbox.setScenario({ name: "healthy", loadSeconds: 0.2, stopSeconds: 0.2 });
    await eventually(20, servedNames);
  });

  it("lets in what the route does, once there is one, and all else only inside the cluster", async () => {
    const status = async (path: string): Promise<number> => (await get(path)).status;
    assert.deepEqual([await status("/v1/models"), await status("/metrics")], [200, 200]);
    const match = "Host(`h`) && (PathPrefix(`/v1/`) || Path(`/health`))";
    const route = {
      apiVersion: "traefik.io/v1alpha1",
      kind: "IngressRoute",
      metadata: { name: "vllm-https", namespace: "ml" },
      spec: { routes: [{ kind: "Rule", match, services: [{ name: "vllm-api", port: 8000 }] }] },
    };
    await kubectlOn(sandbox, ["apply", "--server-side", "-f", "-"], JSON.stringify(route));
    await eventually(20, async () => ((await status("/metrics")) === 404 ? true : undefined));
    assert.equal(await (await get("/metrics")).text(), "404 page not found\n");
    assert.deepEqual([await status("/v1/models"), await status("/health")], [200, 200]);
    await kubectlOn(sandbox, ["delete", "ingressroute", "vllm-https", "-n", "ml"]);
    await eventually(20, async () => ((await status("/metrics")) === 200 ? true : undefined));
  });

  it("leaves no request without an answer while pods come and go", async () => {
    for (let round = 0; round < 4; round++) {
      let switching = true;
      const client = async (): Promise<void> => {
        for (; switching; await sleep(10)) {
          try {
            await (await get("/v1/models")).text();
          } catch (error) {
            // An answer may be cut off with its pod, which the client sees at once.
            if ((error as Error).name === "TimeoutError") throw error;
          }
        }
      };
      const clients = Promise.all(Array.from({ length: 4 }, client));
      try {
        await apply({ mode: "gaming", model: coder, replicas: 0 });
        await eventually(20, async () => ((await whyNot())?.includes("has 0 replicas") ? true : undefined));
        await apply({ mode: "ml", model: coder });
        await eventually(20, servedNames);
      } finally {
        switching = false;
        await clients;
      }
    }
  });

  it("a connection that a client keeps outlives the pod, and follows the next one", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const status = (): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const asked = request(`${sandbox.url}/health`, { agent }, (response) => {
          response.resume().once("end", () => resolve(response.statusCode));
        });
        asked.once("error", reject).end();
      });
    assert.equal(await status(), 200);
    await kubectlOn(sandbox, ["delete", "pods", "--all", "-n", "ml", "--wait"]);
    await eventually(20, async () => ((await status()) === 200 ? true : undefined));
    agent.destroy();
  });

  it("asks for the API key that the pod has from a Secret, on /v1 only", async () => {
    await kubectlOn(sandbox, [
      "create",
      "secret",
      "generic",
      "vllm-api-key",
      "-n",
      "ml",
      "--from-literal=key=open-sesame",
    ]);
    const env = [{ name: "VLLM_API_KEY", valueFrom: { secretKeyRef: { name: "vllm-api-key", key: "key" } } }];
    await apply({ mode: "ml", model: coder, env });
    await eventually(20, async () => ((await get("/v1/models")).status === 401 ? true : undefined));
    assert.equal((await get("/health")).status, 200);
    assert.equal((await get("/v1/models", { Authorization: "Bearer open-sesame" })).status, 200);
    assert.equal((await get("/v1/models", { Authorization: "Bearer wrong" })).status, 401);
  });
});

function twoRequestsOnOneConnection(url: URL): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect({ host: url.hostname, port: Number(url.port) });
    socket.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    socket.once("error", reject).once("close", () => resolve(text));
    socket.write("GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
    socket.once("data", () => socket.write("GET /version HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  });
}

function forwardedPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("exit", () => reject(new Error("kubectl port-forward ended")));
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      const port = /Forwarding from 127\.0\.0\.1:(\d+)/.exec(text)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
  });
}
