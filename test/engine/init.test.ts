// Does NOT prove that the proposed values serve a model on a real node; it proves what is proposed of a real API server's objects, and what is written.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exitCodes } from "../../cli/exit-codes.ts";
import { projectRoot } from "../../lab/sandbox/base/paths.ts";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { listModes } from "../../lab/sandbox/pulumi/project.ts";
import { planFromFiles } from "../../stacks/index.ts";
import { type Ended, startGpuMode } from "../support/gpu-mode.ts";
import { kubectlOn, startedSandbox } from "../support/sandbox.ts";

const escapeCharacter = String.fromCharCode(27);

interface Answer {
  file: string;
  changes: { key: string; from: unknown; to: unknown; why: string }[];
  byHand: { key: string; why: string; look: string }[];
  diff: string;
  written: boolean;
}

describe("gpu-mode init", function () {
  this.timeout(180_000);
  let sandbox: Sandbox;
  let project: string;

  before(async () => {
    sandbox = await startedSandbox("unhurried");
    project = await mkdtemp(join(tmpdir(), "vllm-platform-init-"));
    for (const file of [
      "Pulumi.yaml",
      ...(await listModes(projectRoot)).map((mode) => `Pulumi.${mode}.yaml`),
    ]) {
      await copyFile(join(projectRoot, file), join(project, file));
    }
  });

  after(async () => {
    await sandbox.remove();
    await rm(project, { recursive: true, force: true });
  });

  const text = (): Promise<string> => readFile(join(project, "Pulumi.yaml"), "utf8");

  /** As on somebody's cluster: a project of one's own, which names no cluster. */
  const ownProject = () => ({ VLLM_PLATFORM_PROJECT: project });

  function init(...args: string[]): Promise<Ended> {
    return startGpuMode(sandbox, ["init", ...args], ownProject()).ended;
  }

  /** The same on a pseudo-terminal, as a person's (Node.js takes CI for one without colours), which answers the question. */
  async function onTerminal(
    answer: string,
    command: string,
    more: NodeJS.ProcessEnv = {},
  ): Promise<{ code: number; output: string }> {
    const environment = sandbox.environment();
    for (const name of ["CI", "NO_COLOR", "NODE_DISABLE_COLORS", "FORCE_COLOR"]) delete environment[name];
    const child = spawn("script", ["--quiet", "--return", "--command", `gpu-mode ${command}`, "/dev/null"], {
      env: { ...environment, ...ownProject(), TERM: "xterm", ...more },
      stdio: ["pipe", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => {
      if (!output.includes("[y/N]") && (output + part).includes("[y/N]")) child.stdin.write(`${answer}\n`);
      output += part;
    });
    const [code] = (await once(child, "close")) as [number];
    return { code, output };
  }

  async function answerOf(...args: string[]): Promise<Answer> {
    const { code, stdout, stderr } = await init(...args, "--json");
    assert.equal(code, exitCodes.done, stderr);
    return JSON.parse(stdout) as Answer;
  }

  it("adds the cluster where the files are made for it, and takes out and names what only a person knows", async () => {
    const before = await text();
    const host = "vllm.home.jetzinger.com";
    const { code, stdout } = await init("--host", host);
    assert.equal(code, exitCodes.usage, "nobody can be asked");
    const added = stdout.split("\n").filter((line) => /^[+-](?![+-]{2})/.test(line));
    assert.deepEqual(added, [
      "-  vllm-platform:access:",
      "-    value:",
      "-      namespaces:",
      "-        - apps",
      "-        - docs",
      "-        - monitoring",
      "-      toolkit:",
      "-        version: 1.18.1",
      "-        mode: legacy",
      "+  vllm-platform:cluster:",
      "+    value:",
      `+      kubeconfig: ${sandbox.kubeconfig}`,
      "+      context: kwok-sandbox",
    ]);
    assert.match(stdout, /^ {2}cluster\.context: the cluster that was asked$/m);
    assert.match(stdout, /^ {2}gpuNode\.toolkit: .*`nvidia-ctk --version`$/m);
    assert.match(stdout, /^ {2}fallback\.ollamaUrl: the cluster has no Service of Ollama/m);
    assert.doesNotMatch(stdout, /Wrote/);
    assert.equal(await text(), before);
  });

  it("takes no host of the reference setup's for that of a cluster which serves none", async () => {
    const { changes, byHand } = await answerOf();
    assert.equal(changes.find(({ key }) => key === "route.host")?.to, null);
    assert.match(
      byHand.find(({ key }) => key === "route.host")?.why ?? "",
      /serves no host to guess yours from/,
    );
  });

  it("never takes the current context by itself", async () => {
    const { code, stderr } = await startGpuMode(sandbox, ["init"], {
      VLLM_PLATFORM_PROJECT: project,
      VLLM_PLATFORM_CONTEXT: undefined,
      VLLM_PLATFORM_KUBECONFIG: undefined,
    }).ended;
    assert.equal(code, exitCodes.refused);
    assert.match(
      stderr,
      /^No cluster is named\.\n.*cluster\.context: .*Run `gpu-mode init --context <.*>`.*, or `npm start` for the sandbox/m,
    );
    const other = await init("--context", "nobodys");
    assert.equal(other.code, exitCodes.refused);
    assert.match(other.stderr, /there is no such context. Name one of kwok-sandbox/);
  });

  describe("of another cluster", () => {
    before(async () => {
      await sandbox.setGpuNodeLabels({
        "nvidia.com/gpu": null,
        "nvidia.com/gpu.product": "NVIDIA-GeForce-RTX-4090",
        "nvidia.com/gpu.memory": "24564",
        "nvidia.com/gpu.compute.minor": "9",
        "nvidia.com/cuda.driver-version.full": "570.195.03",
        "nvidia.com/cuda.runtime-version.minor": "8",
      });
      const commands = [
        ["taint", "node", "k3s-gpu-worker", "gpu-"],
        ["taint", "node", "k3s-gpu-worker", "nvidia.com/gpu=present:NoSchedule"],
        ["create", "namespace", "chat"],
        ["create", "service", "clusterip", "ollama", "-n", "chat", "--tcp=11434:11434"],
        ["create", "ingress", "chat", "-n", "chat", "--rule=chat.lab.example.org/*=ollama:11434"],
      ];
      for (const command of commands) await kubectlOn(sandbox, command);
    });

    const wanted: Readonly<Record<string, unknown>> = {
      "gpuNode.selector": { "nvidia.com/gpu.present": "true" },
      "gpuNode.taint.key": "nvidia.com/gpu",
      "gpuNode.taint.value": "present",
      "gpuNode.card.name": "NVIDIA GeForce RTX 4090",
      "gpuNode.card.memoryMiB": 24564,
      "gpuNode.card.usableGiB": null,
      "gpuNode.card.computeCapability": 8.9,
      "gpuNode.driver.version": "570.195.03",
      "gpuNode.driver.cuda": "12.8",
      "gpuNode.toolkit": null,
      "access.namespaces": null,
      "route.host": "vllm.lab.example.org",
      "fallback.ollamaUrl": "http://ollama.chat.svc.cluster.local:11434",
    };

    it("proposes what the cluster tells, each with its reason, and writes nothing unasked", async () => {
      const before = await text();
      const answer = await answerOf();
      const cluster = { "cluster.kubeconfig": sandbox.kubeconfig, "cluster.context": "kwok-sandbox" };
      const changes = Object.fromEntries(answer.changes.map(({ key, to }) => [key, to]));
      assert.deepEqual(changes, { ...cluster, ...wanted });
      const why = (key: string) => answer.changes.find((change) => change.key === key)?.why ?? "";
      assert.match(why("gpuNode.card.usableGiB"), /less what drivers reserve/);
      assert.match(why("route.host"), /serves chat\.lab\.example\.org/);
      assert.equal(answer.written, false);
      assert.match(answer.diff, /^-\s+name: NVIDIA GeForce RTX 3060\n/m);
      assert.match(answer.diff, /^\+\s+name: NVIDIA GeForce RTX 4090\n/m);
      assert.equal(await text(), before);
    });

    it("refuses to write where nobody can be asked, having shown the difference", async () => {
      const before = await text();
      const { code, stdout, stderr } = await init();
      assert.equal(code, exitCodes.usage);
      assert.match(stdout, /^\+ {8}name: NVIDIA GeForce RTX 4090$/m);
      assert.match(stderr, /Nothing was written, since nobody can be asked here: add --yes\./);
      assert.equal(await text(), before);
    });

    it("writes with --yes, keeps every comment, and has nothing to do twice", async () => {
      const before = await text();
      const { code, stdout, stderr } = await init(
        "--context",
        "kwok-sandbox",
        "--kubeconfig",
        sandbox.kubeconfig,
        "--yes",
      );
      assert.equal(code, exitCodes.done, stderr);
      assert.match(stdout, /^Wrote .*Pulumi\.yaml\. Next: gpu-mode doctor/m);
      const after = await text();
      const lost = before.split("\n").filter((line) => !after.split("\n").includes(line));
      assert.deepEqual(lost, [
        "      host: vllm.home.jetzinger.com",
        "  vllm-platform:access:",
        "      namespaces:",
        "        - apps",
        "        - docs",
        "        - monitoring",
        "        name: NVIDIA GeForce RTX 3060",
        "        memoryMiB: 12288",
        "        usableGiB: 11.76",
        "        computeCapability: 8.6",
        "        version: 535.274.02",
        '        cuda: "12.2"',
        "      toolkit:",
        "        version: 1.18.1",
        "        mode: legacy",
      ]);
      const { settings } = planFromFiles(project, "ml");
      assert.equal(settings.cluster.context, "kwok-sandbox");
      assert.deepEqual(settings.gpuNode.selector, wanted["gpuNode.selector"]);
      assert.deepEqual(settings.gpuNode.taint, {
        key: "nvidia.com/gpu",
        value: "present",
        effect: "NoSchedule",
      });
      assert.equal(settings.route.host, wanted["route.host"]);
      const again = await init("--yes");
      assert.match(again.stdout, /nothing to write\.$/m);
      assert.equal(await text(), after);
    });

    it("does not understand a host or a kubeconfig that is none", async () => {
      const before = await text();
      const { code, stderr } = await init("--host", "LLM lab", "--kubeconfig", "/nope", "--yes");
      assert.equal(code, exitCodes.usage);
      assert.match(
        stderr,
        /^Nothing was written\.\n {2}--host \(found: "LLM lab"\): must be the DNS name of a host.*\n {2}--kubeconfig \(found: "\/nope"\): the file does not exist\. Name the one/m,
      );
      assert.equal(await text(), before);
    });

    it("asks on a terminal, in colour, and writes after a yes alone", async () => {
      const before = await text();
      const refused = await onTerminal("n", "init --host llm.lab.example.org");
      assert.equal(refused.code, exitCodes.refused, refused.output);
      assert.match(refused.output, /Write this into .*Pulumi\.yaml\? \[y\/N\]/);
      assert.match(
        refused.output,
        new RegExp(`${escapeCharacter}\\[32m\\+ +host: llm\\.lab\\.example\\.org${escapeCharacter}\\[39m`),
      );
      assert.match(refused.output, /Nothing was changed\./);
      assert.equal(await text(), before);
      const plain = await onTerminal("n", "init --host llm.lab.example.org", { NO_COLOR: "1" });
      assert.doesNotMatch(plain.output, new RegExp(`${escapeCharacter}\\[3\\dm`));
      const written = await onTerminal("y", "init --host llm.lab.example.org");
      assert.equal(written.code, exitCodes.done, written.output);
      assert.equal(await text(), before.replace("host: vllm.lab.example.org", "host: llm.lab.example.org"));
    });

    it("does not write into a file that is made from another one", async () => {
      const copy = (await text()).replace("main: main.mjs", "main: ../../main.mjs");
      await writeFile(join(project, "Pulumi.yaml"), copy);
      const { code, stderr } = await init("--host", "third.lab.example.org", "--yes");
      assert.equal(code, exitCodes.refused);
      assert.match(stderr, /Nothing was written: .* is made from .*without the sandbox's variables/);
      assert.equal(await text(), copy);
    });
  });
});
