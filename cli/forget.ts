/** `gpu-mode forget <stack>`: drops what Pulumi remembers of a standby stack. The cluster is read, and never changed. */

import { UnreachableError } from "../cluster/api/index.ts";
import { type Holder, holderOf } from "../cluster/claim/index.ts";
import { readLive } from "../cluster/claim/read.ts";
import { openEngine } from "../engine/index.ts";
import { EngineFailed } from "../engine/run.ts";
import { openCluster, type Project } from "../operations/project.ts";
import type { Plan } from "../stacks/plan/index.ts";
import { Ended } from "../system/ended.ts";
import { confirm } from "./confirm.ts";

export interface ForgetOptions {
  force?: boolean;
  yes?: boolean;
  json?: boolean;
  signal: AbortSignal;
}

export async function forget(
  project: Project,
  stack: string,
  { force = false, yes = false, json = false, signal }: ForgetOptions,
): Promise<void> {
  const active = await activeStack(project, stack, force);
  if (active === stack && !force) {
    throw new Ended(
      "refused",
      `Stack ${stack} has the GPU, so it is not forgotten: its objects would be nobody's. Switch to another mode first, or remove the platform with pulumi destroy -s ${stack}; --force forgets it all the same.`,
    );
  }
  if (!yes) {
    await confirm({
      text: `Drop all that Pulumi remembers of stack ${stack}? The cluster stays as it is.`,
      nobody: `Nobody can be asked here whether to forget stack ${stack}`,
      signal,
    });
  }
  signal.throwIfAborted();
  const say = (text: string): void => console.error(text);
  const engine = openEngine({ folder: project.folder, signal, say });
  await engine.forget(stack).catch((error: unknown) => {
    throw error instanceof EngineFailed
      ? new Ended("failed", `Stack ${stack} could not be forgotten: ${error.message}`)
      : error;
  });
  console.log(
    json
      ? JSON.stringify({ forgotten: stack, active: active ?? null }, null, 2)
      : `Stack ${stack} is forgotten: its state is gone, the cluster and Pulumi.${stack}.yaml are as they were. gpu-mode ${stack} makes it anew.`,
  );
}

/** The stack that has the GPU; undefined where none has, or where `force` makes it unimportant and nobody knows. */
async function activeStack(project: Project, stack: string, force: boolean): Promise<string | undefined> {
  try {
    const { api } = await openCluster(planFor(project, stack));
    const live = await readLive(api, []);
    const holder: Holder = holderOf(live.claim, live.deployment);
    return holder.stack;
  } catch (error) {
    if (error instanceof UnreachableError && force) {
      return undefined;
    }
    if (error instanceof UnreachableError) {
      throw new Ended(
        "unreachable",
        `The cluster cannot be reached (${error.message}), so nobody can say whether stack ${stack} has the GPU. Nothing was changed; --force forgets it all the same.`,
      );
    }
    throw error;
  }
}

/** Any mode's plan names the cluster; a stack may be one whose mode's file is gone. */
function planFor({ modes, planOf }: Project, stack: string): Plan {
  const [mode] = modes.includes(stack) ? [stack] : modes;
  if (mode === undefined) {
    throw new Ended("usage", "The project has no mode, so no cluster is named.");
  }
  return planOf(mode);
}
