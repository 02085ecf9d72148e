// Does NOT prove that a GPU's memory is free after a release, nor the times of a real node: node and server are simulated.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { exitCodes } from "../../cli/exit-codes.ts";
import { projectRoot, sandboxPaths } from "../../lab/sandbox/base/paths.ts";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { configure } from "../support/configure.ts";
import { type Mode, servedNamesOf } from "../support/expected-objects.ts";
import { gpuMode, gpuModeEnds, gpuModeJson, isWholly } from "../support/gpu-mode.ts";
import { pulumiSucceeds, upChangesNothing } from "../support/pulumi.ts";
import { begin } from "../support/running.ts";
import { kubectlOn, startedSandbox } from "../support/sandbox.ts";
import { platformObjects } from "../support/whole-mode.ts";

interface StatusJson {
  mode: string | null;
  reached: boolean;
  pod: string;
  endpoint: string | null;
  servedNames: string[];
  ollama: string;
  leftovers: { removed: string[]; kept: string[] };
  disagreements: string[];
}

describe("gpu-mode", function () {
  this.timeout(240_000);
  let sandbox: Sandbox;

  before(async () => {
    sandbox = await startedSandbox({ loadSeconds: 0.5, stopSeconds: 0.5 });
  });

  after(() => sandbox?.remove());

  const statusOf = (): Promise<StatusJson> => gpuModeJson<StatusJson>(sandbox, "status");

  it("says that no mode has the GPU yet, which is no fault", async () => {
    const { mode, endpoint, disagreements, ollama } = await statusOf();
    assert.deepEqual(
      { mode, endpoint, disagreements, ollama },
      { mode: null, endpoint: null, disagreements: [], ollama: "not found" },
    );
    const { stdout } = await gpuModeEnds(sandbox, 0, "status");
    assert.match(stdout, /^mode +none: no mode has the GPU$/m);
  });

  // To each mode, and each kind of switch: what is gpu-mode's own (claim, release, tidy) differs by kind only. Every
  // ordered pair is walked by plain pulumi.
  const walk: Mode[] = ["ml", "gaming", "coder", "r1"];
  for (const [index, mode] of walk.entries()) {
    const from = walk[index - 1];
    it(`switches ${from === undefined ? "" : `from ${from} `}to ${mode}, and ends when users have it`, async () => {
      const { stdout } = await gpuModeEnds(sandbox, 0, mode);
      const served = servedNamesOf(mode);
      assert.match(
        stdout,
        served.length === 0
          ? /^Mode gaming: released, no pod is left on the GPU, after \d+\.\d s \(limit 30 s\)\.$/m
          : new RegExp(
              `^Mode ${mode} serves ${served.join(", ")} at https://vllm\\.home\\.jetzinger\\.com, after`,
              "m",
            ),
      );
      for (const phase of served.length === 0 ? ["claim", "release", "apply"] : ["apply", "serve"]) {
        assert.match(stdout, new RegExp(`^ {2}${phase} done in \\d+\\.\\d s$`, "m"));
      }
      const done = [...stdout.matchAll(/^ {2}(\w+) done in /gm)].map(([, phase]) => phase);
      assert.deepEqual(done, [...new Set(done)], "a phase comes once");
      await isWholly(sandbox, mode);
    });
    if (mode === "gaming" || mode === "r1") {
      it(`of ${mode} leaves nothing to do for itself and for plain pulumi`, async () => {
        const { changed } = await gpuModeJson<{ changed: boolean }>(sandbox, mode);
        assert.equal(changed, false);
        await upChangesNothing(sandbox, mode);
      });
    }
  }

  it("leaves no copy of the kubeconfig behind, as the provider of a plain pulumi does", async () => {
    // Past the sandbox's own commands, which name a folder for temporary files themselves.
    const { PATH = "", ...environment } = sandbox.environment();
    const shims = sandboxPaths(sandbox.dir).bin;
    const path = PATH.split(delimiter).filter((folder) => folder !== shims);
    const temporary = await mkdtemp(join(sandbox.dir, "tmp", "test-"));
    const env = { ...environment, PATH: path.join(delimiter), TMPDIR: temporary };
    const copies = (): string[] => readdirSync(temporary).filter((name) => name.startsWith("kubeconfig"));
    const switched = await begin(process.execPath, [join(projectRoot, "cli", "gpu-mode.mjs"), "r1"], { env })
      .ended;
    assert.match(switched.stdout, /^Nothing to do: mode r1 is active/m, switched.stderr);
    assert.deepEqual(readdirSync(temporary), []);
    assert.equal((await begin("pulumi", ["preview", "-s", "r1"], { env }).ended).code, 0);
    assert.notDeepEqual(copies(), []);
  });

  it("applies an edited file of the active mode, and only then restarts the server", async () => {
    configure(sandbox, "r1", { maxNumSeqs: 8 });
    assert.equal((await statusOf()).disagreements.length, 0);
    assert.match((await gpuModeEnds(sandbox, 0, "status")).stdout, /files of mode r1 say something else/);
    const { changed } = await gpuModeJson<{ changed: boolean }>(sandbox, "r1");
    assert.equal(changed, true);
    const args = await kubectlOn(sandbox, [
      ...["get", "pods", "-n", "ml", "-l", "app=vllm-server"],
      "-o=jsonpath={.items[*].spec.containers[0].args}",
    ]);
    assert.match(args, /"--max-num-seqs","8"/);
    configure(sandbox, "r1", { maxNumSeqs: undefined });
  });

  const kept = ["PersistentVolumeClaim/vllm-model-cache", "Secret/vllm-api-key"];
  const route = [
    ...["Certificate/vllm-tls", "IngressRoute/vllm-https", "IngressRoute/vllm-redirect"],
    ...["Middleware/vllm-access", "Middleware/vllm-https-redirect"],
  ];

  it("removes what only a previous mode declared, by a stack that had it once itself, and names what cannot be made again", async () => {
    configure(sandbox, "gaming", { apiKey: true, cache: { claim: { size: "50Gi" } } });
    configure(sandbox, "r1", { route: { enabled: false } });
    await gpuModeEnds(sandbox, 0, "gaming");
    const { stdout } = await gpuModeEnds(sandbox, 0, "r1");
    assert.match(stdout, /^Removed, as only a previous mode declared it: Certificate\/vllm-tls$/m);
    assert.match(stdout, /^Secret\/vllm-api-key stays, .*: kubectl delete -n ml secret\/vllm-api-key$/m);
    assert.deepEqual((await statusOf()).leftovers, { removed: [], kept });
    configure(sandbox, "r1", { route: undefined });
  });

  it("removes it by a stack that is made anew, too, as after gpu-mode forget, which refuses the active one and touches neither cluster nor file", async () => {
    configure(sandbox, "coder", { route: { enabled: false } });
    await gpuModeEnds(sandbox, 0, "gaming");
    const declared = async () =>
      (await platformObjects(sandbox)).map(({ metadata: { name, uid, generation } }) => [
        name,
        uid,
        generation,
      ]);
    const { project, state } = sandboxPaths(sandbox.dir);
    const file = join(project, "Pulumi.coder.yaml");
    const before = [readFileSync(file, "utf8"), await declared()];
    const { stderr } = await gpuModeEnds(sandbox, exitCodes.refused, "forget", "gaming", "--yes");
    assert.match(stderr, /Stack gaming has the GPU/);
    assert.match((await gpuModeEnds(sandbox, exitCodes.usage, "forget", "coder")).stderr, /add --yes/);
    assert.match(
      (await gpuModeEnds(sandbox, exitCodes.usage, "forget", "nope", "--json")).stdout,
      /There is no stack nope, so there is nothing to forget\. The stacks are /,
    );
    await gpuModeEnds(sandbox, 0, "forget", "coder", "--yes");
    const stacks = readdirSync(join(state, ".pulumi", "stacks", "vllm-platform"));
    assert.equal(stacks.includes("coder.json"), false);
    assert.deepEqual([readFileSync(file, "utf8"), await declared()], before);
    assert.match(
      (await gpuModeEnds(sandbox, exitCodes.usage, "forget", "coder", "--yes")).stderr,
      /no stack coder/,
    );

    type Tidied = Record<"changed" | "removed" | "kept", unknown>;
    const { changed, removed, kept: named } = await gpuModeJson<Tidied>(sandbox, "coder");
    assert.deepEqual({ changed, removed, named }, { changed: true, removed: route, named: kept });
    configure(sandbox, "gaming", { apiKey: undefined, cache: undefined });
    configure(sandbox, "coder", { route: undefined });
    await kubectlOn(sandbox, ["delete", "-n", "ml", "pvc/vllm-model-cache", "secret/vllm-api-key"]);
  });

  it("never selects a stack", async () => {
    const selected = async () =>
      (
        JSON.parse(await pulumiSucceeds(sandbox, ["stack", "ls", "--json"])) as {
          name: string;
          current: boolean;
        }[]
      )
        .filter(({ current }) => current)
        .map(({ name }) => name);
    assert.deepEqual(await selected(), []);
    await pulumiSucceeds(sandbox, ["stack", "select", "coder"]);
    await gpuModeEnds(sandbox, 0, "gaming");
    assert.deepEqual(await selected(), ["coder"]);
    await isWholly(sandbox, "gaming");
  });

  describe("ends with the status", () => {
    it("usage for a mode that is not there, and for nothing at all", async () => {
      const { stderr } = await gpuModeEnds(sandbox, exitCodes.usage, "nothing");
      assert.match(stderr, /There is no mode nothing: .* The modes are coder, gaming, ml, r1\./);
      await gpuModeEnds(sandbox, exitCodes.usage);
      await gpuModeEnds(sandbox, exitCodes.usage, "ml", "--no-such-option");
    });

    it("refused where a file has faults, naming each", async () => {
      configure(sandbox, "ml", { maxModelLen: 8, maxNumSeqs: "many" });
      const { stderr } = await gpuModeEnds(sandbox, exitCodes.refused, "ml");
      configure(sandbox, "ml", { maxModelLen: 8192, maxNumSeqs: undefined });
      assert.match(stderr, /maxModelLen/);
      assert.match(stderr, /maxNumSeqs/);
      await isWholly(sandbox, "gaming");
    });

    it("refused where another pod holds the GPU, with what to do and how to go on all the same", async () => {
      await kubectlOn(
        sandbox,
        ["apply", "-f", "-"],
        JSON.stringify({
          apiVersion: "v1",
          kind: "Pod",
          metadata: { name: "training", namespace: "default" },
          spec: {
            nodeSelector: { "nvidia.com/gpu": "true" },
            tolerations: [{ operator: "Exists" }],
            containers: [
              { name: "main", image: "training:1", resources: { limits: { "nvidia.com/gpu": "1" } } },
            ],
          },
        }),
      );
      await kubectlOn(sandbox, ["wait", "pod/training", "--for=condition=PodScheduled", "--timeout=20s"]);
      const { stderr } = await gpuModeEnds(sandbox, exitCodes.refused, "ml");
      assert.match(
        stderr,
        /^The cluster cannot serve mode ml; nothing was changed:\n {2}GPUs: pod default\/training holds the GPU of node k3s-gpu-worker\. End that pod, .*\n.* gpu-mode ml --force .*\n$/,
      );
      await isWholly(sandbox, "gaming");
      await kubectlOn(sandbox, ["delete", "pod", "training", "--wait"]);
    });

    it("unreachable where the cluster does not answer, which is no mode", async () => {
      const { kubeconfig } = sandbox;
      const closed = `${kubeconfig}.closed`;
      const text = readFileSync(kubeconfig, "utf8").replace(/server: .*/, "server: https://127.0.0.1:9");
      await promisify(execFile)("sh", ["-c", 'printf %s "$1" > "$2"', "sh", text, closed]);
      const elsewhere = {
        ...sandbox,
        environment: () => ({ ...sandbox.environment(), VLLM_PLATFORM_KUBECONFIG: closed }),
      } as Sandbox;
      for (const args of [["status"], ["status", "--json"], ["gaming"], ["ml"], ["forget", "r1", "--yes"]]) {
        const { code, stdout, stderr } = await gpuMode(elsewhere, ...args);
        assert.equal(code, exitCodes.unreachable, stderr);
        assert.match(stderr, /cannot be reached.*127\.0\.0\.1:9/);
        assert.doesNotMatch(stdout, /^mode /m);
      }
    });
  });

  describe("status", () => {
    it("says with Ollama beside it that Ollama answers", async () => {
      await kubectlOn(sandbox, ["create", "deployment", "ollama", "-n", "ml", "--image=ollama/ollama"]);
      assert.equal((await statusOf()).ollama, "not found");
      await kubectlOn(sandbox, ["expose", "deployment", "ollama", "-n", "ml", "--port=11434"]);
      await kubectlOn(sandbox, ["rollout", "status", "deployment/ollama", "-n", "ml", "--timeout=30s"]);
      assert.equal((await statusOf()).ollama, "ready");
    });

    it("tells disagreements and the command that fixes them, and none of what somebody has written into the claim acts on the terminal", async () => {
      await gpuModeEnds(sandbox, 0, "ml");
      const model = "\u001b]0;title\u0007\u001b[2Jall is well";
      const patch = ["patch", "configmap", "gpu-mode", "-n", "ml", "--type=merge", "-p"];
      await kubectlOn(sandbox, [...patch, JSON.stringify({ data: { model } })]);
      await kubectlOn(sandbox, ["scale", "deployment/vllm-server", "-n", "ml", "--replicas=0"]);
      const { stdout, stderr } = await gpuModeEnds(sandbox, 0, "status");
      assert.match(stdout, /^model +\\u001b\]0;title\\u0007\\u001b\[2Jall is well$/m);
      assert.doesNotMatch(stdout + stderr, /(?![\t\n])\p{Cc}/u);
      const { disagreements } = await statusOf();
      assert.ok(
        disagreements.includes("Deployment vllm-server has 0 replicas, and mode ml has 1: run gpu-mode ml."),
      );
      await gpuModeEnds(sandbox, 0, "ml");
      assert.deepEqual((await statusOf()).disagreements, []);
      await isWholly(sandbox, "ml");
    });
  });
});
