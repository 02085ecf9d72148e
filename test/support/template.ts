/**
 * A sandbox that was started once and stopped: one that is made of it has definitions, nodes, certificates and stacks already, which is
 * half of a first start's work. Its stacks' secrets are kept by a key service of the test run; a stack that a test makes has a
 * passphrase, where the test does not ask for the same.
 */
import { cp, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type SandboxPaths, sandboxPaths } from "../../lab/sandbox/base/paths.ts";
import { keyServiceUrl } from "../../lab/sandbox/pulumi/key-service.ts";

/** Names the template's folder to the tests of one run. */
export const templateVariable = "VLLM_PLATFORM_TEST_TEMPLATE";

/** What encrypts the secrets of the template's stacks, for more stacks of a test; undefined where there is no template. */
export const templateKeys = (): string | undefined =>
  process.env[templateVariable] === undefined ? undefined : keyServiceUrl;

/** What a sandbox keeps across a stop, and nothing that tells where it lies. */
const kept = (paths: SandboxPaths): string[] => [
  ...[paths.etcdData, join(dirname(paths.etcdData), "world.json"), join(paths.clusterDir, "pki")],
  ...[paths.state, paths.secrets, paths.passphrase],
];

/** Fills a sandbox that was never started from the template; where there is none, its first start does all by itself. */
export async function fillFromTemplate(dir: string): Promise<void> {
  const template = process.env[templateVariable];
  if (template === undefined) return;
  const [from, to] = [kept(sandboxPaths(template)), kept(sandboxPaths(dir))];
  for (const [index, target] of to.entries()) {
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await cp(from[index] ?? "", target, { recursive: true, preserveTimestamps: true });
  }
}
