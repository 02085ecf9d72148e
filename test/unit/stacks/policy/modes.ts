// What the tests of policies judge: the manifests of every mode that ships, and of one with everything on.
import { join } from "node:path";
import { listModes, planFromFiles } from "../../../../stacks/index.ts";
import { type Manifest, manifestsOf } from "../../../../stacks/manifests/index.ts";
import { planTexts, servedModel } from "../support.ts";

const project = join(import.meta.dirname, "../../../..");

/** All that can be turned on at once. */
const everything = {
  model: servedModel,
  apiKey: true,
  huggingFaceToken: { secure: "v1:unreadable" },
  cache: { claim: { size: "50Gi" } },
  security: { runAsUser: 1000 },
  smokeTest: true,
  replicas: 2,
  access: { namespaces: ["apps"] },
  route: { allowedOrigins: ["https://chat.home.example.org"] },
  gateway: { enabled: true, host: "llm.home.example.org" },
  ollama: { enabled: true },
};

const inFile = JSON.stringify({
  config: Object.fromEntries(
    Object.entries(everything).map(([key, value]) => [`vllm-platform:${key}`, value]),
  ),
});

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
  everything: manifestsOf(planTexts("all", "", { all: inFile }), live),
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
