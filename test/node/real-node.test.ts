// Does NOT prove what a real vLLM, a driver or a card does: the stub is in the container, and the card is a device plugin's word. Who
// may not reach the server is a drill's matter.
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { whileWatched } from "../../lab/drills/base/watch.ts";
import { modelsFolder, Runtime } from "../../lab/node/index.ts";
import { cgroupOf } from "../../lab/node/spec.ts";
import { sandboxPaths } from "../../lab/sandbox/base/paths.ts";
import { nodeName, runningProcesses } from "../../lab/sandbox/base/processes.ts";
import { openSandbox, type Sandbox } from "../../lab/sandbox/index.ts";
import { type Behaviour, behaviourFile } from "../../lab/sandbox/stub/container.ts";
import { gpuModeEnds, gpuModeJson } from "../support/gpu-mode.ts";
import { up } from "../support/pulumi.ts";
import { startRealNode } from "../support/real-node.ts";
import { eventually, freshSandbox, kubectlOn, silentProgress } from "../support/sandbox.ts";

const gpuNode = "k3s-gpu-worker";
const clientImage = "vllm/vllm-openai:v0.8.5.post1";

interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string };
  readonly status: {
    readonly phase: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly message?: string;
    }[];
    readonly containerStatuses?: readonly { readonly restartCount: number; readonly containerID?: string }[];
  };
}

const isReady = ({ status }: Pod): boolean =>
  status.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") === true;

describe("a mode on a node that a kubelet runs", () => {
  let sandbox: Sandbox;
  let node: string;
  before(async function () {
    sandbox = await freshSandbox();
    node = await startRealNode(sandbox, this);
    behave({ loadSeconds: 1 });
  });
  after(() => sandbox?.remove());

  const behave = (behaviour: Behaviour): void =>
    writeFileSync(join(modelsFolder(node), behaviourFile), JSON.stringify(behaviour));
  const serverPods = async (): Promise<Pod[]> => {
    const list = await kubectlOn(sandbox, ["get", "pods", "-n", "ml", "-l", "app=vllm-server", "-o", "json"]);
    return (JSON.parse(list) as { items: Pod[] }).items;
  };
  const servingPod = (seconds: number): Promise<Pod> =>
    eventually(seconds, async () => (await serverPods()).find(isReady));
  const allocatable = (): Promise<string> =>
    kubectlOn(sandbox, ["get", "node", gpuNode, "-o", "jsonpath={.status.allocatable.nvidia\\.com/gpu}"]);
  const modelsByUrl = async (): Promise<string[]> => {
    const answer = await fetch(`${sandbox.url}/v1/models`);
    return ((await answer.json()) as { data: { id: string }[] }).data.map(({ id }) => id);
  };

  it("is up once the pod is ready by its own probes, and is asked by the name that clients have", async () => {
    await up(sandbox, "ml");
    const pod = await servingPod(5);
    assert.match(pod.status.containerStatuses?.[0]?.containerID ?? "", /^containerd:\/\//);
    assert.ok((await modelsByUrl()).includes("default"));
    const client = {
      apiVersion: "v1",
      kind: "Pod",
      // One that the NetworkPolicy admits.
      metadata: { name: "client", namespace: "apps" },
      spec: {
        nodeSelector: { "kubernetes.io/hostname": gpuNode },
        tolerations: [{ operator: "Exists" }],
        containers: [
          { name: "client", image: clientImage, command: ["node", "-e", "setInterval(() => {}, 1000)"] },
        ],
      },
    };
    await kubectlOn(sandbox, ["create", "namespace", "apps"]);
    await kubectlOn(sandbox, ["apply", "-f", "-"], JSON.stringify(client));
    await kubectlOn(sandbox, ["wait", "--for=condition=Ready", "--timeout=60s", "pod/client", "-n", "apps"]);
    const ask = `fetch("http://vllm-api.ml.svc.cluster.local:8000/v1/models").then((answer) => answer.text()).then(console.log)`;
    const answer = await kubectlOn(sandbox, ["exec", "client", "-n", "apps", "--", "node", "-e", ask]);
    assert.match(answer, /"id":"default"/);
  });

  it("gives the GPU to one container at a time, in every switch", async () => {
    const runtime = new Runtime(node);
    const counts: number[] = [];
    const look = async (): Promise<void> => {
      counts.push((await runtime.containers()).filter(({ namespace }) => namespace === "ml").length);
    };
    await whileWatched(50, look, async () => {
      for (const mode of ["r1", "gaming", "ml", "gaming", "r1", "ml"]) {
        await gpuModeEnds(sandbox, 0, mode);
        assert.equal((await serverPods()).length, mode === "gaming" ? 0 : 1, mode);
      }
    });
    assert.deepEqual([...new Set(counts)].sort(), [0, 1], `${counts.length} looks`);
  });

  it("is brought back after a drain", async () => {
    const before = await servingPod(30);
    await kubectlOn(sandbox, ["delete", "pod", "client", "-n", "apps", "--now"]);
    const options = ["--ignore-daemonsets", "--delete-emptydir-data", "--timeout=60s"];
    await kubectlOn(sandbox, ["drain", gpuNode, ...options]);
    assert.ok(!(await serverPods()).some(({ metadata }) => metadata.uid === before.metadata.uid));
    assert.deepEqual(await new Runtime(node).containers(), []);
    await kubectlOn(sandbox, ["uncordon", gpuNode]);
    assert.notEqual((await servingPod(60)).metadata.uid, before.metadata.uid);
  });

  it("is started again where the server has died", async () => {
    const restarts = (pod: Pod): number => pod.status.containerStatuses?.[0]?.restartCount ?? 0;
    const before = await servingPod(30);
    await kubectlOn(sandbox, ["exec", "-n", "ml", before.metadata.name, "--", "node", "-e", killServer]);
    await eventually(60, async () =>
      restarts((await serverPods())[0] ?? before) > restarts(before) ? true : undefined,
    );
    assert.equal((await servingPod(60)).metadata.uid, before.metadata.uid);
  });

  it("waits while the card is away, and serves when it is back", async () => {
    await sandbox.setGpu("gone");
    await eventually(30, async () => ((await allocatable()) === "0" ? true : undefined));
    const { metadata } = await servingPod(10);
    await kubectlOn(sandbox, ["delete", "pod", metadata.name, "-n", "ml"]);
    const waiting = await eventually(30, async () =>
      (await serverPods()).find(
        ({ status }) => status.phase === "Pending" && status.conditions !== undefined,
      ),
    );
    assert.match(waiting.status.conditions?.[0]?.message ?? "", /nvidia\.com\/gpu/);
    const status = await gpuModeJson<{ problems?: unknown }>(sandbox, "status");
    assert.match(JSON.stringify(status), /no GPU to give/);
    await sandbox.setGpu("present");
    await servingPod(120);
  });

  it("leaves nothing behind when it is stopped, and goes on when it is started again", async () => {
    await sandbox.stop();
    assert.deepEqual(leftOf(node), []);
    await sandbox.start({ progress: silentProgress });
    await servingPod(120);
    assert.ok((await eventually(10, modelsByUrl)).includes("default"));
  });

  it("leaves nothing behind when what runs it was killed, and is started anew", async () => {
    const paths = sandboxPaths(sandbox.dir);
    const program = (await runningProcesses(paths)).find(({ name }) => name === nodeName);
    assert.ok(program !== undefined);
    process.kill(program.pid, "SIGKILL");
    await openSandbox(sandbox.dir).start({ progress: silentProgress });
    await servingPod(120);
    await sandbox.stop();
    assert.deepEqual(leftOf(node), []);
  });
});

/** Ends the server below the process that supervises it, as the kernel would. */
const killServer = `
const fs = require("node:fs");
for (const id of fs.readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name) && name !== String(process.pid))) {
  const [, ...args] = fs.readFileSync("/proc/" + id + "/cmdline", "utf8").split("\\0");
  if ((args[0] ?? "").endsWith("container.ts")) process.kill(Number(id), "SIGKILL");
}`;

/** Processes, mounts and control groups of a node. */
function leftOf(node: string): string[] {
  const readable = (path: string): string => {
    try {
      return readFileSync(path, "utf8");
    } catch {
      return ""; // It has ended.
    }
  };
  const processes = globSync("/proc/[0-9]*/cmdline").filter((path) => readable(path).includes(`${node}`));
  const mounts = readable("/proc/self/mountinfo")
    .split("\n")
    .filter((line) => line.includes(node));
  const groups = globSync("/sys/fs/cgroup/{.,*}").map((path) => join(path, cgroupOf(node)));
  return [...processes, ...mounts, ...groups.filter((path) => existsSync(path))];
}
