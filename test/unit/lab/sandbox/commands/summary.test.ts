// Does NOT prove what a cluster answers: a script plays kubectl.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describeGpu, describeObjects, suggestions } from "../../../../../lab/sandbox/commands/summary.ts";
import { Folder } from "../fixtures.ts";

const url = "http://127.0.0.1:20001";

describe("what npm start says at its end", () => {
  let folder: Folder;
  beforeEach(() => {
    folder = new Folder();
  });
  afterEach(() => folder.remove());

  const cluster = (items: object[]) => folder.playKubectl(`cat <<'END'\n${JSON.stringify({ items })}\nEND`);

  it("is a line for each object, with the state of those that have one", async () => {
    const lines = await describeObjects(
      cluster([
        {
          kind: "Deployment",
          metadata: { name: "vllm-server" },
          spec: { replicas: 1 },
          status: { readyReplicas: 1 },
        },
        { kind: "Service", metadata: { name: "vllm-api" } },
        { kind: "ConfigMap", metadata: { name: "kube-root-ca.crt" } },
        {
          kind: "Certificate",
          metadata: { name: "vllm-tls" },
          status: { conditions: [{ type: "Ready", status: "True" }] },
        },
        { kind: "Certificate", metadata: { name: "other" } },
      ]),
    );
    assert.deepEqual(lines, [
      "  Deployment   vllm-server  1 of 1 pods ready",
      "  Service      vllm-api",
      "  Certificate  vllm-tls     ready",
      "  Certificate  other        not ready",
    ]);
  });

  const pod = (name: string, nodeName: string | undefined, limits: object) => ({
    kind: "Pod",
    metadata: { name, namespace: "ml" },
    spec: { ...(nodeName === undefined ? {} : { nodeName }), containers: [{ resources: { limits } }] },
  });

  it("names the pod that has the GPU, among those that have none or only wait for it", async () => {
    const access = cluster([
      pod("cpu", "node-1", { cpu: "1" }),
      pod("waits", undefined, { "nvidia.com/gpu": "1" }),
      pod("has", "node-2", { "nvidia.com/gpu": "1" }),
    ]);
    assert.equal(await describeGpu(access), "The GPU belongs to pod ml/has on node-2.");
  });

  it("says that the GPU is free", async () => {
    assert.equal(await describeGpu(cluster([pod("cpu", "node-1", {})])), "The GPU is free.");
  });

  it("suggests three commands, the first of them a question to the model as a shell takes it", () => {
    const three = suggestions(url, { served: ["a/model", "default"] }, ["r1", "gaming"]);
    assert.equal(three.length, 3);
    assert.equal(three[1], "npm start -- r1");
    const script = `curl() { printf '%s\\n' "$@"; }; ${three[0]}`;
    const words = spawnSync("/bin/sh", ["-c", script], { encoding: "utf8" }).stdout.trim().split("\n");
    assert.equal(words[0], `${url}/v1/chat/completions`);
    const { model, messages } = JSON.parse(words.at(-1) ?? "") as { model: string; messages: unknown[] };
    assert.deepEqual([model, messages.length], ["a/model", 1]);
  });

  it("suggests a question with the key where the server wants one", () => {
    const [question] = suggestions(url, { served: ["a/model"], wantsKey: true }, []);
    const key = Buffer.from("secret key").toString("base64");
    const script = `npm() { [ "$*" = "run -s kubectl -- get secret vllm-api-key -n ml -o jsonpath={.data.api-key}" ] && printf %s '${key}'; }; curl() { printf '%s\\n' "$@"; }; ${question}`;
    const words = spawnSync("/bin/sh", ["-c", script], { encoding: "utf8" }).stdout.split("\n");
    assert.deepEqual(words.slice(1, 3), ["-H", "Authorization: Bearer secret key"]);
  });

  it("suggests what still works where nothing is served", () => {
    assert.deepEqual(suggestions(url, { served: [] }, ["ml"]), [
      `curl ${url}/v1/models`,
      "npm start -- ml",
      "npm run kubectl -- get pods -A",
    ]);
    assert.equal(suggestions(url, { served: ["m"] }, []).length, 2);
  });
});
