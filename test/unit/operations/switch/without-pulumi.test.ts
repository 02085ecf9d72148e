// Does NOT prove that the GPU is freed: no cluster answers here. test/faults/gpu-mode-broken-files.test.ts frees one by the same way.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openProject } from "../../../../operations/project.ts";
import { switchTo } from "../../../../operations/switch/index.ts";
import type { PhaseView } from "../../../../operations/switch/phases.ts";

describe("a switch without pulumi on PATH", () => {
  const { PATH, VLLM_PLATFORM_CONTEXT, VLLM_PLATFORM_KUBECONFIG } = process.env;
  const before = { PATH, VLLM_PLATFORM_CONTEXT, VLLM_PLATFORM_KUBECONFIG };
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "without-pulumi-"));
    const kubeconfig = join(folder, "kubeconfig");
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        contexts: [{ name: "here", context: { cluster: "here" } }],
        clusters: [{ name: "here", cluster: { server: "http://127.0.0.1:1" } }],
      }),
    );
    Object.assign(process.env, {
      PATH: folder,
      VLLM_PLATFORM_CONTEXT: "here",
      VLLM_PLATFORM_KUBECONFIG: kubeconfig,
    });
  });
  afterEach(() => {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    rmSync(folder, { recursive: true });
  });

  const began: string[] = [];
  const view: PhaseView = {
    began: (phase) => began.push(phase),
    noted: () => {},
    ended: () => {},
    closed: async () => {},
    say: () => {},
  };
  const to = (mode: string) =>
    switchTo({
      project: openProject({}),
      mode,
      force: false,
      signal: new AbortController().signal,
      view: async () => view,
    });

  it("is refused for a mode that serves, and asks the cluster for the GPU's release for one that frees it", async () => {
    await assert.rejects(to("ml"), { name: "RefusedError", message: /there is no `pulumi` on it/ });
    assert.deepEqual(began, []);
    await assert.rejects(to("gaming"), { exit: "unreachable", message: /127\.0\.0\.1:1 does not answer/ });
    assert.deepEqual(began, ["claim"]);
  });
});
