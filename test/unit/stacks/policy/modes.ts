// What the tests of policies judge: the manifests of every mode that ships, and of one with everything on.
import { join } from "node:path";
import { listModes, planFromFiles } from "../../../../stacks/index.ts";
import { type Manifest, manifestsOf } from "../../../../stacks/manifests/index.ts";
import { everythingPlan } from "../support.ts";

const project = join(import.meta.dirname, "../../../..");

const live = {
  claim: { mode: "any", stack: "any" },
  secrets: { "vllm-api-key": { "api-key": "a2V5" }, "vllm-hugging-face": { token: "dG9rZW4=" } },
  secretsChecksum: "0123",
  switchNumber: 1,
};

const made: Record<string, Manifest[]> = {
  ...Object.fromEntries(
    listModes(project).map((mode) => [mode, manifestsOf(planFromFiles(project, mode), live)]),
  ),
  everything: manifestsOf(everythingPlan(), live),
};

/** Manifests by the name of what they are of, a copy each time, as tests change what they get. */
export function allManifests(): Record<string, Manifest[]> {
  return structuredClone(made);
}

/** One object of them. */
export function objectIn(manifests: readonly Manifest[], title: string): Manifest {
  const found = manifests.find(({ kind, metadata }) => `${kind}/${metadata.name}` === title);
  if (found === undefined) throw new Error(`there is no ${title}`);
  return found;
}
