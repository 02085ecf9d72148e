import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { kubectlOn } from "./sandbox.ts";

/** Runs something with a kubeconfig that is the sandbox's with a change, and removes it afterwards. */
export async function withKubeconfig<Result>(
  sandbox: Sandbox,
  change: (text: string) => string,
  run: (variables: { VLLM_PLATFORM_KUBECONFIG: string }) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "vllm-platform-kubeconfig-"));
  try {
    const file = join(folder, "kubeconfig.yaml");
    const before = await readFile(sandbox.kubeconfig, "utf8");
    const after = change(before);
    assert.notEqual(after, before);
    await writeFile(file, after, { mode: 0o600 });
    return await run({ VLLM_PLATFORM_KUBECONFIG: file });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The same as a user of one's own, whom the cluster allows nothing yet. */
export async function asGuest<Result>(
  sandbox: Sandbox,
  name: string,
  run: (variables: { VLLM_PLATFORM_KUBECONFIG: string }) => Promise<Result>,
): Promise<Result> {
  await kubectlOn(sandbox, ["create", "serviceaccount", name, "-n", "default"]);
  const token = (await kubectlOn(sandbox, ["create", "token", name, "-n", "default"])).trim();
  return withKubeconfig(
    sandbox,
    (text) => text.replace(/client-certificate.*\n\s*client-key.*/, `token: ${token}`),
    run,
  );
}
