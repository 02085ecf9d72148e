/** Servers that do not come up: both commands name the reason, as soon as the cluster knows it. */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { planFromFiles } from "../../../../stacks/index.ts";
import { addresses } from "../../../node/configuration.ts";
import { modelsFolder, restoreModels, shrinkModels } from "../../../node/index.ts";
import { projectRoot, sandboxPaths } from "../../../sandbox/base/paths.ts";
import { type Behaviour, behaviourFile } from "../../../sandbox/stub/container.ts";
import type { Drill, Finding } from "../../base/drill.ts";
import { bringUps, type Told, whenTold } from "../../base/told.ts";
import type { World } from "../../world/index.ts";
import { configured, type Settings } from "../../world/settings.ts";

/** What keeps a server from coming up. */
interface Cause {
  readonly what: string;
  readonly settings?: Settings;
  readonly behaviour?: Behaviour;
  /** What is done to cluster or node before, and undone afterwards. */
  begin?(world: World): Promise<unknown>;
  end?(world: World): Promise<unknown>;
  /** How the cluster says it. */
  readonly known: RegExp;
  /** What both commands must say. */
  readonly told: RegExp;
}

const nodeOf = ({ sandbox }: World): string => sandboxPaths(sandbox.dir).node;

const outOfMemory: Cause = {
  what: "it takes more memory than it may",
  settings: { resources: { memoryRequest: "256Mi", memoryLimit: "512Mi", sharedMemory: "64Mi" } },
  behaviour: { growing: true, loadSeconds: 60 },
  known: /ended: OOMKilled/,
  told: /used more memory than resources\.memoryLimit allows/,
};

const crashLoop: Cause = {
  what: "it ends soon after each start",
  behaviour: { loadSeconds: 1, says: "RuntimeError: no words that anybody knows", endsWith: 1 },
  known: /ended: Error 1/,
  told: /ended with exit code 1; it printed: RuntimeError: no words that anybody knows/,
};

const wrongArgument: Cause = {
  what: "an argument has a value that it does not take",
  settings: { extraArguments: ["--seed", "many"] },
  known: /ended: Error 2/,
  told: /does not take the value of an argument .* Correct --seed/,
};

const imageMissing: Cause = {
  what: "its image is in no registry that answers",
  // Nothing listens there.
  settings: {
    image: {
      repository: `${addresses.node}:5000/vllm`,
      tag: "v0.8.5.post1",
      version: "0.8.5.post1",
      cuda: "12.4",
    },
  },
  known: /waiting: ErrImagePull/,
  told: /(ErrImagePull|ImagePullBackOff): .*connection refused/,
};

const diskFull: Cause = {
  what: "the disk of the cache is full",
  behaviour: { fetchMiB: 4 },
  begin: (world) => shrinkModels(nodeOf(world)),
  end: (world) => restoreModels(nodeOf(world)),
  known: /ended: Error 1/,
  told: /the disk is full on which the model's files are kept/,
};

const hub = (world: World): string => join(modelsFolder(nodeOf(world)), "hub");

const cacheUnreadable: Cause = {
  what: "the cache belongs to another user",
  settings: { security: { runAsUser: 1000 } },
  behaviour: { fetchMiB: 4 },
  async begin(world) {
    await rm(hub(world), { recursive: true, force: true });
    await mkdir(hub(world), { mode: 0o700 });
  },
  end: (world) => rm(hub(world), { recursive: true, force: true }),
  known: /ended: Error 1/,
  told: /may not write where the model's files are kept/,
};

const cacheNoFolder: Cause = {
  what: "the cache's path is not that of a folder",
  settings: { cache: { hostPath: `/var/lib/vllm/huggingface/${behaviourFile}` } },
  known: /event: FailedMount/,
  told: /is not a directory/,
};

const scratchFull: Cause = {
  what: "it fills more of the node's disk than it may",
  settings: { resources: { ephemeralStorage: "1Gi" } },
  behaviour: { scratchMiB: 1100, loadSeconds: 60 },
  known: /event: Evicted/,
  told: /has filled more of the node's disk than it may/,
};

const runtimeClass = "nvidia-elsewhere";

const runtimeMissing: Cause = {
  what: "the node has no runtime of that name, though the cluster has its RuntimeClass",
  settings: { gpuNode: { ...planFromFiles(projectRoot, "ml").settings.gpuNode, runtimeClass } },
  begin: ({ kubectl }) =>
    kubectl(
      ["apply", "-f", "-"],
      JSON.stringify({
        apiVersion: "node.k8s.io/v1",
        kind: "RuntimeClass",
        metadata: { name: runtimeClass },
        handler: runtimeClass,
      }),
    ),
  end: ({ kubectl }) => kubectl(["delete", "runtimeclass", runtimeClass, "--ignore-not-found"]),
  known: /event: FailedCreatePodSandBox/,
  told: /no runtime for "nvidia-elsewhere" is configured/,
};

export const serverFails = drillOf(
  "server-fails",
  "A server that cannot run, by pulumi up and gpu-mode (short form: by one of them)",
  [outOfMemory, crashLoop, wrongArgument, imageMissing],
);

export const nodeLacks = drillOf("node-lacks", "A server that lacks something on its node, likewise", [
  diskFull,
  cacheUnreadable,
  cacheNoFolder,
  runtimeMissing,
  scratchFull,
]);

function drillOf(name: string, title: string, causes: readonly Cause[]): Drill {
  return {
    name,
    title,
    usual: 13 * causes.length,
    usualInFull: 26 * causes.length,
    async run(world, { short }) {
      const findings: Finding[] = [];
      let latest = 0;
      try {
        for (const [index, cause] of causes.entries()) {
          const ways = bringUps.filter((_, way) => !short || way === index % bringUps.length);
          for (const { way, told } of await suffer(world, cause, ways)) {
            const promise = `${cause.what}: ${way[0]} names it within 15 s of the cluster`;
            findings.push({ promise, value: told.printed, unit: "s", atMost: 15 });
            latest = Math.max(latest, told.ended);
          }
        }
      } finally {
        await world.behave({ loadSeconds: 3 });
        await world.gpuMode("ml");
        await world.serving();
      }
      return [...findings, { promise: "and has ended with it, at the latest", value: latest, unit: "s" }];
    },
  };
}

interface Suffered {
  readonly way: (typeof bringUps)[number];
  readonly told: Told;
}

async function suffer(world: World, cause: Cause, ways: typeof bringUps): Promise<Suffered[]> {
  const { what, settings = {}, behaviour = {} } = cause;
  const modes = bringUps.map(([, mode]) => mode);
  await world.behave(behaviour);
  try {
    await cause.begin?.(world);
    return await configured(world, modes, settings, async () => {
      const suffered: Suffered[] = [];
      for (const way of ways) suffered.push({ way, told: await whenTold(world, way, cause) });
      return suffered;
    });
  } catch (error) {
    throw new Error(`${what}: ${error instanceof Error ? error.message : error}`);
  } finally {
    await cause.end?.(world);
  }
}
