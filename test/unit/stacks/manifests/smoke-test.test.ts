// Does NOT prove that CUDA or PyTorch behave so: the program meets a stand-in for PyTorch, and no card.
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import type { V1Container, V1PodSpec } from "@kubernetes/client-node";
import { recognisePrinted } from "../../../../cluster/readiness/known-failures/index.ts";
import { podTemplate } from "../../../../stacks/manifests/pod.ts";
import { planTexts, servedModel } from "../support.ts";

function containersOf(settings: Record<string, unknown>): {
  test: V1Container | undefined;
  server: V1Container;
} {
  const values = { model: servedModel, ...settings };
  const config = Object.entries(values).map(([key, value]) => [`vllm-platform:${key}`, value]);
  const plan = planTexts("ml", "", { ml: JSON.stringify({ config: Object.fromEntries(config) }) });
  const { initContainers = [], containers } = podTemplate(plan).spec as V1PodSpec;
  assert.ok(initContainers.length <= 1 && containers.length === 1);
  return { test: initContainers[0], server: containers[0] as V1Container };
}

describe("the init container of the smoke test", () => {
  it("is there only where it is asked for", () => {
    assert.equal(containersOf({}).test, undefined);
    assert.equal(containersOf({ smokeTest: false }).test, undefined);
    assert.equal(containersOf({ smokeTest: true }).test?.name, "smoke-test");
  });

  it("runs as the server does and may no more than it, whatever the settings", () => {
    const { test, server } = containersOf({
      smokeTest: true,
      image: { tag: "v0.8.4", pullPolicy: "Always" },
      resources: { cpuLimit: "3", memoryLimit: "12Gi" },
      security: { runAsUser: 2000 },
      apiKey: true,
    });
    for (const field of ["image", "imagePullPolicy", "resources", "securityContext"] as const) {
      assert.deepEqual(test?.[field], server[field], field);
    }
    assert.equal(test?.env, undefined, "keys and tokens are not for it");
    assert.equal(test?.volumeMounts, undefined);
  });

  it("is given the environment by which an image runs against the rules, as the test would fail without", () => {
    const { test } = containersOf({
      smokeTest: true,
      image: { tag: "v0.11.0" },
      gpuNode: { driver: { allowUnsupported: true }, toolkit: { version: "1.20.0" } },
    });
    assert.deepEqual(test?.env, [{ name: "NVIDIA_DISABLE_REQUIRE", value: "1" }]);
  });
});

const torch = `
import ctypes, os
def behave(step):
    if os.environ.get("AT") == step:
        if os.environ["DO"] == "hang":
            # As a driver would: in C, with the interpreter's lock, and for ever.
            libc, mutex = ctypes.PyDLL(None), ctypes.create_string_buffer(64)
            libc.pthread_mutex_lock(mutex)
            print("hangs", flush=True)
            libc.pthread_mutex_lock(mutex)
        raise RuntimeError(os.environ["DO"])
behave("import")
__version__ = "2.6.0+cu124"
class version: cuda = "12.4"
class Number(float):
    def item(self): return float(self)
class Matrix:
    def __init__(self, size): self.size = size
    def __matmul__(self, other):
        behave("multiply")
        return self
    def sum(self): return Number(self.size ** 3 - int(os.environ.get("OFF", "0")))
def ones(rows, columns, device):
    assert device in ("cuda:0", "cuda:1") and rows == columns
    return Matrix(rows)
class cuda:
    def init(): behave("init")
    def device_count(): return 2
    def get_device_properties(index):
        class card: name, major, minor, total_memory = f"card {index}", 8, 6, 12628000000
        return card
`;

describe("the program of the smoke test", () => {
  let folder: string;

  before(function () {
    // The image brings it; a machine that only tests need not have it.
    if (spawnSync("python3", ["--version"]).status !== 0) this.skip();
    folder = mkdtempSync(join(tmpdir(), "smoke-test-"));
    writeFileSync(join(folder, "torch.py"), torch);
  });

  after(() => folder === undefined || rmSync(folder, { recursive: true }));

  /** Starts the container's command, with another limit in seconds. */
  function start(environment: Record<string, string>, limit: string): ChildProcess {
    const [program = "", ...args] = containersOf({ smokeTest: true }).test?.command ?? [];
    assert.deepEqual([program, args.length, args.at(-1)], ["python3", 3, "120"]);
    const env = { ...process.env, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: "1", ...environment };
    return spawn(program, [...args.slice(0, -1), limit], { env });
  }

  async function endOf(child: ChildProcess) {
    const text = { stdout: "", stderr: "" };
    child.stdout?.setEncoding("utf8").on("data", (part: string) => {
      text.stdout += part;
    });
    child.stderr?.setEncoding("utf8").on("data", (part: string) => {
      text.stderr += part;
    });
    const [code] = (await once(child, "close")) as [number | null];
    return { code, ...text };
  }
  const run = (environment: Record<string, string>, limit = "30") => endOf(start(environment, limit));

  it("ends with one line that a program can read", async () => {
    const { code, stdout, stderr } = await run({});
    assert.deepEqual([code, stderr], [0, ""]);
    const card = { computeCapability: "8.6", memoryMiB: 12042 };
    assert.deepEqual(JSON.parse(stdout), {
      ...{ torch: "2.6.0+cu124", cuda: "12.4" },
      cards: [
        { name: "card 0", ...card },
        { name: "card 1", ...card },
      ],
    });
    assert.equal(stdout.trimEnd().split("\n").length, 1);
  });

  for (const step of ["import", "init", "multiply"]) {
    it(`leaves CUDA's own words as the last ones where it fails at: ${step}`, async () => {
      const { code, stdout, stderr } = await run({ AT: step, DO: "CUDA error: unspecified launch failure" });
      assert.deepEqual([code, stdout], [1, ""]);
      assert.equal(
        stderr.trimEnd().split("\n").at(-1),
        "RuntimeError: CUDA error: unspecified launch failure",
      );
    });
  }

  it("notices a card that does not compute", async () => {
    const { code, stdout, stderr } = await run({ OFF: "1" });
    assert.deepEqual([code, stdout], [1, ""]);
    assert.equal(stderr, "card 0 does not multiply: it makes 262143.0 of 262144\n");
  });

  for (const step of ["import", "init"]) {
    it(`ends at its limit what hangs, with a text that is known: ${step}`, async () => {
      const { code, stdout, stderr } = await run({ AT: step, DO: "hang" }, "0.5");
      assert.deepEqual([code, stdout], [1, "hangs\n"]);
      assert.match(recognisePrinted(stderr, "smoke-test")?.meaning ?? "", /no answer within the limit/);
    });
  }

  it("ends at once when the pod is deleted", async () => {
    const child = start({ AT: "init", DO: "hang" }, "30");
    child.stdout?.once("data", () => child.kill("SIGTERM"));
    assert.equal((await endOf(child)).code, constants.signals.SIGTERM);
  });
});
