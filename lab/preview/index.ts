/** `npm run preview`: what a branch changes of every mode, from a clone: no home, no secret, no cluster unless it is asked for. */
import { Ended, exitCodes, UserError } from "../../system/errors.ts";
import { inWords, newCommand } from "../../system/terminal/command-line.ts";
import { createProgress } from "../toolchain/base/progress.ts";
import type { Output } from "./publish.ts";

interface Options extends Output {
  readonly base?: string;
  readonly engine: boolean;
  readonly cluster?: boolean;
}

let compared = false;

async function preview(options: Options): Promise<void> {
  // The report goes to standard output; what a waiting person sees does not mix with it.
  const watching = { progress: createProgress(process.stderr), signal: abort.signal };
  if (options.cluster === true && (options.base !== undefined || !options.engine)) {
    throw new UserError(
      "--cluster asks Pulumi about the cluster: neither --base nor --no-engine goes with it.",
    );
  }
  const status =
    options.cluster === true
      ? await (await loaded(import("./cluster.ts"))).previewCluster(options, watching)
      : await (await loaded(import("./branch.ts"))).previewBranch(options, options, watching);
  compared = true;
  process.exitCode = status;
}

/** @throws UserError where the branch's own code is broken, with the place that Node.js tells */
async function loaded<T>(part: Promise<T>): Promise<T> {
  return part.catch((error: Error) => {
    const place = /file:\/\/(\S+?:\d+)/.exec(error.stack ?? "")?.[1] ?? "its code";
    throw new UserError(
      `This branch's own code does not load, so no mode can be compared: ${place}: ${error.message}`,
    );
  });
}

const abort = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => abort.abort(new Ended("interrupted", "Stopped.")));
}

await inWords(() =>
  newCommand(
    "npm run preview --",
    "What this branch changes of every mode, against where it began: object by object and field by field, and then, in a sandbox of its own, what Pulumi would do. Asks no cluster of yours and needs no secret.",
  )
    .option(
      "--base <ref>",
      "branch, tag or commit to compare with (default: where the branch left origin/main, or main)",
    )
    .option("--no-engine", "leave Pulumi's part out: seconds instead of a minute")
    .option(
      "--cluster",
      "instead: what an up of the active stack would do in the cluster that the files name; reads only",
    )
    .option("--json", "print JSON instead of Markdown")
    .option("--out <folder>", "write preview.md and preview.json there instead")
    .addHelpText(
      "after",
      "\nEnds with 0 where nothing changes, 2 with changes, 3 where a mode is refused, 1 with any error.",
    )
    .action(preview)
    .parseAsync(),
);
if (process.exitCode === exitCodes.usage && !compared) {
  process.exitCode = exitCodes.failed; // 2 is for changes
}
