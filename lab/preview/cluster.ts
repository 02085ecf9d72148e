/** The working tree against the cluster that the files name: what an `up` of the active stack would do there. Nothing is changed. */
import { ApiError, UnreachableError } from "../../cluster/api/index.ts";
import { readHolder } from "../../cluster/claim/read.ts";
import { openEngine } from "../../engine/index.ts";
import { readState } from "../../operations/drift/state.ts";
import { anyPlan, openCluster, openProject } from "../../operations/project.ts";
import { UserError } from "../../system/errors.ts";
import { lookAhead } from "./ask-engine.ts";
import { type Output, publish } from "./publish.ts";
import { headOf, now } from "./report-head.ts";
import { withEngine } from "./with-engine.ts";
import type { Watching } from "./world.ts";

/**
 * Reads with the caller's own kubeconfig, login and passphrase; the rights of docs/rbac/reader.yaml are enough.
 * @returns the exit status
 * @throws UserError where there is no cluster, no active stack, or no state of it.
 */
export async function previewCluster(output: Output, { progress, signal }: Watching): Promise<number> {
  const project = openProject();
  const { api, connection } = await openCluster(anyPlan(project));
  const { stack } = await readHolder(api).catch((error: unknown) => {
    throw inWords(error);
  });
  if (stack === undefined) {
    throw new UserError(
      `No mode has the GPU of context ${connection.context}, so there is no stack to preview.`,
    );
  }
  const { absent, atWork, unknown } = await readState(project.folder, stack);
  // A stack that is not there would be made.
  const why = absent ?? atWork ?? unknown[0];
  if (why !== undefined) {
    const fix = absent === undefined ? "" : ": run it where `pulumi up` runs, with the same login";
    throw new UserError(`Stack ${stack} cannot be previewed. ${why.replace(/\.$/, "")}${fix}.`);
  }
  const engine = openEngine({ folder: project.folder, signal, say: (text) => progress.say(text) });
  const answer = await progress.step(`pulumi preview of stack ${stack}`, { usual: 4 }, () =>
    lookAhead(engine, stack, { force: false }),
  );
  const report = withEngine({ mode: stack, verdict: "unchanged", sentence: "nothing", objects: [] }, answer);
  return publish(output, [report], {
    head: await headOf(project.clone),
    base: connection.context,
    baseName: `the cluster, by its stack ${stack}`,
    at: now(),
    notes: [],
    again: "--cluster",
  });
}

function inWords(error: unknown): unknown {
  if (error instanceof UnreachableError) {
    return new UserError(`The cluster cannot be reached: ${error.message}.`);
  }
  return error instanceof ApiError
    ? new UserError(`The cluster does not allow it: ${error.message}.`)
    : error;
}
