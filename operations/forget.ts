/** Dropping what Pulumi remembers of a stack. The cluster is read, and never changed. */
import { UnreachableError } from "../cluster/api/index.ts";
import { readHolder } from "../cluster/claim/read.ts";
import { askPulumi } from "../engine/ask.ts";
import { openEngine } from "../engine/index.ts";
import { EngineFailed } from "../engine/run.ts";
import type { Plan } from "../stacks/plan/index.ts";
import { Ended } from "../system/errors.ts";
import { openCluster, type Project } from "./project.ts";
import { stackNames } from "./secret-commands.ts";

/**
 * Whether a stack may be forgotten, so that nobody is asked about one that there is not.
 * @param force also the active one, and where nobody knows which that is.
 * @returns the stack that has the GPU; undefined where none has, or nobody knows.
 * @throws Ended where it may not.
 */
export async function mayForget(
  project: Project,
  stack: string,
  { force }: { force: boolean },
): Promise<string | undefined> {
  const stacks = stackNames(await askPulumi(project.folder, ["stack", "ls", "--json", "--non-interactive"]));
  if (!stacks.some((one) => one.split("/").at(-1) === stack)) {
    const others = stacks.length === 0 ? "" : ` The stacks are ${stacks.join(", ")}.`;
    throw new Ended("usage", `There is no stack ${stack}, so there is nothing to forget.${others}`);
  }
  const active = await activeStack(project, stack, force);
  if (active === stack && !force) {
    throw new Ended(
      "refused",
      `Stack ${stack} has the GPU, so it is not forgotten: its objects would be nobody's. Switch to another mode first, or remove the platform with pulumi destroy -s ${stack}; --force forgets it all the same.`,
    );
  }
  return active;
}

/** Drops the stack's state. @throws Ended where there is none, or pulumi does not do it. */
export async function forgetStack(
  { folder }: Project,
  stack: string,
  { signal, say }: { signal: AbortSignal; say: (text: string) => void },
): Promise<void> {
  await openEngine({ folder, signal, say })
    .forget(stack)
    .catch((error: unknown) => {
      throw error instanceof EngineFailed
        ? new Ended("failed", `Stack ${stack} could not be forgotten: ${error.message}`)
        : error;
    });
}

/** The stack that has the GPU; undefined where none has, or where `force` makes it unimportant and nobody knows. */
async function activeStack(project: Project, stack: string, force: boolean): Promise<string | undefined> {
  try {
    const { api } = await openCluster(planFor(project, stack));
    return (await readHolder(api)).stack;
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
