import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Manifest } from "../../../stacks/manifests/index.ts";
import { outputOf } from "../../../system/processes.ts";
import { projectRoot } from "../../sandbox/base/paths.ts";
import type { Sandbox } from "../../sandbox/index.ts";
import { removeAbandonedSandboxes, temporarySandbox } from "../../sandbox/temporary.ts";
import type { Progress } from "../../toolchain/base/progress.ts";
import { manifests, moved, plainManifests } from "./plain-manifests.ts";

/** A sandbox for measuring, and programs to compare with in the same one. */
export interface World {
  sandbox: Sandbox;
  /** Runs a command in the sandbox's environment; rejects where it fails. */
  run(
    command: string,
    args: readonly string[],
    options?: { project?: string; input?: string },
  ): Promise<string>;
  /** `pulumi` on one of the projects; without a name on the platform's own. */
  pulumi(args: readonly string[], project?: string): Promise<string>;
  /** Makes a Pulumi project in the sandbox and returns its folder. */
  addProject(name: string, files: Record<string, string>): Promise<string>;
  /** A mode's objects as JSON for `kubectl apply`, moved into a namespace of their own. */
  manifests(mode: string, namespace: string): Promise<string>;
}

/** The modes that the rows switch between. */
const benchModes = ["ml", "gaming"] as const;

/** Seconds that the simulated server takes to load and to end: short, so that what is measured is not the simulation. */
export const simulated = { loadSeconds: 0.2, stopSeconds: 0.2 };

/** Runs `use` in a fresh world, and removes all of it afterwards. */
export async function withWorld<T>(progress: Progress, use: (world: World) => Promise<T>): Promise<T> {
  await removeAbandonedSandboxes();
  const sandbox = await temporarySandbox();
  try {
    await sandbox.start({ progress, scenario: { name: "healthy", ...simulated } });
    const world = createWorld(sandbox);
    await addCompared(world);
    return await use(world);
  } finally {
    await sandbox.remove();
  }
}

function createWorld(sandbox: Sandbox): World {
  const folder = join(sandbox.dir, "bench");
  const world: World = {
    sandbox,
    async run(command, args, { project, input } = {}) {
      const env = {
        ...sandbox.environment(),
        BENCH_RECORDED: join(folder, "recorded"),
        ...(project === undefined ? {} : { PULUMI_OPTION_CWD: project }),
      };
      return outputOf(command, args, { env, input });
    },
    pulumi: (args, project) =>
      world.run("pulumi", [...args, "--non-interactive"], project === undefined ? {} : { project }),
    async addProject(name, files) {
      const project = join(folder, name);
      await mkdir(project, { recursive: true });
      for (const [file, text] of Object.entries(files)) {
        await writeFile(join(project, file), text);
      }
      return project;
    },
    manifests: async (mode, namespace) => plainManifests(mode, namespace),
  };
  return world;
}

/** The bare and the empty program, each with a stack for every mode that the rows use. */
async function addCompared(world: World): Promise<void> {
  // Room for a server of each of the compared ways.
  const room = { "nvidia.com/gpu": "4", cpu: "16", memory: "64Gi" };
  await world.run("kubectl", [
    ...["patch", "node", "k3s-gpu-worker", "--subresource=status", "--type=merge"],
    ...["-p", JSON.stringify({ status: { capacity: room, allocatable: room } })],
  ]);
  for (const name of ["empty", "bare"]) {
    const definition = {
      name: `bench-${name}`,
      runtime: { name: "nodejs", options: { typescript: false } },
      main: join(projectRoot, "lab/bench/programs", `${name}.ts`),
      options: { refresh: "always" },
    };
    const project = await world.addProject(name, { "Pulumi.yaml": stringify(definition) });
    for (const mode of benchModes) {
      await world.pulumi(["stack", "init", mode, "--no-select"], project);
    }
  }
  const folder = join(world.sandbox.dir, "bench", "recorded");
  await mkdir(folder, { recursive: true });
  for (const mode of benchModes) {
    const objects = manifests(mode).map(withoutSkippedWait);
    await writeFile(join(folder, `${mode}.json`), moved(JSON.stringify(objects), "bare"));
  }
}

/** The bare program has no wait of its own: the provider's is what tells it that the server is up. */
function withoutSkippedWait(manifest: Manifest): Manifest {
  if (manifest.kind !== "Deployment") {
    return manifest;
  }
  const copy = structuredClone(manifest);
  delete copy.metadata.annotations?.["pulumi.com/skipAwait"];
  return copy;
}

/** Folder of one of the compared programs. */
export function projectOf(world: World, name: "empty" | "bare"): string {
  return join(world.sandbox.dir, "bench", name);
}
