// Does NOT prove that a real server's memory is free, nor every fault that a file can have; a few of each kind are brought about.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exitCodes } from "../../cli/exit-codes.ts";
import { sandboxPaths } from "../../lab/sandbox/base/paths.ts";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { beginWith, gpuModeEnds, isWholly, startGpuMode } from "../support/gpu-mode.ts";
import { kubectlOn, startedSandbox } from "../support/sandbox.ts";
import { claimOf } from "../support/whole-mode.ts";

const seed = join(import.meta.dirname, "../support/seed.yaml");

describe("gpu-mode gaming frees the GPU", function () {
  this.timeout(240_000);
  let sandbox: Sandbox;

  before(async () => {
    sandbox = await startedSandbox({ loadSeconds: 0.5, stopSeconds: 0.5 });
    await gpuModeEnds(sandbox, 0, "ml");
  });

  after(() => sandbox?.remove());

  /** Puts a fault into a file as long as something is tried. */
  async function withFault(file: string, fault: (text: string) => string, attempt: () => Promise<void>) {
    const path = join(sandboxPaths(sandbox.dir).files, file);
    const text = readFileSync(path, "utf8");
    const faulty = fault(text);
    assert.notEqual(faulty, text);
    writeFileSync(path, faulty);
    try {
      await attempt();
    } finally {
      writeFileSync(path, text);
    }
  }

  const liveServer = async (): Promise<{ replicas: string; pods: string }> => ({
    replicas: await kubectlOn(sandbox, [
      ...["get", "deployment/vllm-server", "-n", "ml", "-o=jsonpath={.spec.replicas}"],
    ]),
    pods: await kubectlOn(sandbox, ["get", "pods", "-n", "ml", "-l", "app=vllm-server", "-o", "name"]),
  });

  /** It frees the GPU, and tells the fault as the reason why the stack is not in line. */
  async function freesAndTells(fault: RegExp): Promise<void> {
    const { stderr } = await gpuModeEnds(sandbox, exitCodes.failed, "gaming");
    assert.match(stderr, /^The GPU is free\. Stack gaming could not be brought in line:\n/);
    assert.match(stderr, fault);
    assert.match(stderr, /\nFix that and run gpu-mode gaming again\.\n$/);
    assert.deepEqual(await liveServer(), { replicas: "0", pods: "" });
  }

  const broken = (text: string): string => `${text}\n  - [ not: yaml\n`;
  const cases: [what: string, file: string, fault: (text: string) => string, told: RegExp][] = [
    [
      "a misspelled key of another mode",
      "Pulumi.ml.yaml",
      (text) => text.replace("model:", "modle:"),
      /Pulumi\.ml\.yaml: modle/,
    ],
    ["another mode's file that is no YAML", "Pulumi.ml.yaml", broken, /Pulumi\.ml\.yaml: is not/],
    [
      "a default mode that is not there",
      "Pulumi.yaml",
      (text) => text.replace("{ value: ml }", "{ value: nope }"),
      /Pulumi\.nope\.yaml/,
    ],
    [
      "a misspelled key of its own",
      "Pulumi.gaming.yaml",
      (text) => text.replace(/( *)vllm-platform:serve/, "$1vllm-platform:modle: x\n$&"),
      /Pulumi\.gaming\.yaml: modle/,
    ],
    ["its own file that is no YAML", "Pulumi.gaming.yaml", broken, /Pulumi\.gaming\.yaml: is not/],
    ["a shared file that is no YAML", "Pulumi.yaml", broken, /Pulumi\.yaml: is not/],
  ];
  for (const [what, file, fault, told] of cases) {
    it(`whatever the files say: ${what}`, async () => {
      await beginWith(sandbox, "ml");
      await withFault(file, fault, async () => {
        await freesAndTells(told);
        const { mode, stack, model } = await claimOf(sandbox);
        assert.deepEqual({ mode, stack, model }, { mode: "gaming", stack: "gaming", model: "" });
      });
    });
  }

  it("and brings the stack in line once that is fixed", async () => {
    await beginWith(sandbox, "ml");
    await withFault("Pulumi.ml.yaml", broken, () => freesAndTells(/Pulumi\.ml\.yaml/));
    await gpuModeEnds(sandbox, 0, "gaming");
    await isWholly(sandbox, "gaming");
  });

  it("but not for a mode that serves, whose faults are told alone", async () => {
    await beginWith(sandbox, "ml");
    await withFault("Pulumi.coder.yaml", broken, async () => {
      const { stderr } = await gpuModeEnds(sandbox, exitCodes.refused, "coder");
      assert.match(stderr, /^The files of mode coder cannot be read:\n/);
    });
    await isWholly(sandbox, "ml");
  });

  it("only where it is known which cluster is meant, and else names what tells it", async () => {
    const unnamed = (text: string): string => broken(text.replace(/^ *context: .*\n/m, ""));
    await withFault("Pulumi.yaml", unnamed, async () => {
      const { code, stderr } = await startGpuMode(sandbox, ["gaming"], {
        VLLM_PLATFORM_CONTEXT: undefined,
        VLLM_PLATFORM_KUBECONFIG: undefined,
      }).ended;
      assert.equal(code, exitCodes.refused, stderr);
      assert.match(stderr, /^The GPU was not freed, as it is not known which cluster is meant: /);
      assert.match(stderr, /VLLM_PLATFORM_CONTEXT \(and VLLM_PLATFORM_KUBECONFIG/);
      assert.match(stderr, /kubectl --context <context> scale -n ml deployment\/vllm-server --replicas=0/);
      assert.match(stderr, /Pulumi\.yaml: is not/);
    });
    await isWholly(sandbox, "ml");
  });

  it("also where an object of others keeps the stack from being brought in line", async () => {
    await beginWith(sandbox, "ml");
    const service = (...marks: string[]): Promise<string> =>
      kubectlOn(sandbox, ["label", "service/vllm-api", "-n", "ml", "--overwrite", ...marks]);
    await kubectlOn(sandbox, ["delete", "service/vllm-api", "-n", "ml"]);
    await kubectlOn(sandbox, ["create", "service", "clusterip", "vllm-api", "-n", "ml", "--tcp=8000"]);
    await service("app.kubernetes.io/managed-by=Helm");
    await freesAndTells(/Service\/vllm-api in namespace ml.*its manager is Helm/);
    await kubectlOn(sandbox, ["delete", "service/vllm-api", "-n", "ml"]);
    await gpuModeEnds(sandbox, 0, "ml");
  });

  describe("of a Deployment that the platform has not applied", () => {
    before(async () => {
      await kubectlOn(sandbox, ["delete", "configmap/gpu-mode", "deployment/vllm-server", "-n", "ml"]);
      await kubectlOn(sandbox, ["apply", "-f", seed]);
      await kubectlOn(sandbox, ["wait", "deployment/vllm-server", "-n", "ml", "--for=create"]);
    });

    it("by its scale, and leaves the rest to the engine", async () => {
      await withFault("Pulumi.ml.yaml", broken, () => freesAndTells(/Pulumi\.ml\.yaml/));
      await gpuModeEnds(sandbox, 0, "gaming");
      assert.deepEqual(await liveServer(), { replicas: "0", pods: "" });
    });

    it("but not where another program manages it, which it names", async () => {
      await kubectlOn(sandbox, ["delete", "deployment/vllm-server", "-n", "ml"]);
      await kubectlOn(sandbox, ["apply", "-f", seed]);
      await kubectlOn(sandbox, [
        ...["annotate", "deployment/vllm-server", "-n", "ml", "meta.helm.sh/release-name=mine"],
      ]);
      await withFault("Pulumi.ml.yaml", broken, async () => {
        const { stderr } = await gpuModeEnds(sandbox, exitCodes.refused, "gaming");
        assert.match(stderr, /Deployment vllm-server in namespace ml is managed by Helm \(release mine\)/);
        assert.match(stderr, /Pulumi\.ml\.yaml: is not/);
      });
      assert.equal((await liveServer()).replicas, "1");
    });
  });
});
