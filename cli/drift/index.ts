/** `gpu-mode drift`: where cluster, state and files differ. Without `--fix` nothing is changed. */

import { fixDrift, toBeDone } from "../../operations/drift/fix.ts";
import type { DriftReport } from "../../operations/drift/index.ts";
import { readDrift } from "../../operations/drift/index.ts";
import type { Project } from "../../operations/project.ts";
import type { SwitchOptions } from "../../operations/switch/index.ts";
import { aborted } from "../../system/aborted.ts";
import { Ended } from "../../system/errors.ts";
import { confirm } from "../../system/terminal/confirm.ts";
import { jsonText } from "../../system/terminal/json-text.ts";
import { wrapFor } from "../../system/terminal/wrap.ts";
import { driftCodes } from "./exit-codes.ts";
import { driftJson } from "./json.ts";
import { driftMarkdown } from "./markdown.ts";
import { driftText, fixText, notFixed } from "./words.ts";

export interface DriftOptions {
  json?: boolean;
  markdown?: boolean;
  fix?: boolean;
  prune?: boolean;
  yes?: boolean;
}

/**
 * Prints what was found, and sets the exit status.
 * @param options.view of an update; standard output has what is left in the end.
 * @throws Ended where options contradict each other, nobody can be asked, or what was begun did not succeed.
 */
export async function drift(
  project: Project,
  {
    json = false,
    markdown = false,
    fix = false,
    prune = false,
    yes = false,
    signal,
    view,
  }: DriftOptions & Pick<SwitchOptions, "signal" | "view">,
): Promise<void> {
  if ((json && markdown) || ((prune || yes) && !fix)) {
    throw new Ended(
      "failed",
      json && markdown ? "--json and --markdown exclude each other." : "--prune and --yes belong to --fix.",
    );
  }
  const look = (): Promise<DriftReport> => Promise.race([readDrift(project), aborted(signal)]);
  let found = await look();
  if (fix && found.unknown.length > 0) {
    console.error(wrapFor(process.stderr, notFixed));
  } else if (fix) {
    const asked = toBeDone(found, { prune });
    if (asked.updates || asked.removed.length > 0) {
      console.error(`${driftText(found).join("\n")}\n\n${fixText(found, asked).join("\n")}`);
      if (!yes) {
        await confirm({
          text: "Do this?",
          nobody: "Nothing was changed, since nobody can be asked here",
          signal,
        });
      }
      await fixDrift(project, found, asked, {
        signal,
        view,
        say: (text) => console.error(text),
      });
      found = await look();
    }
  }
  print(found, { json, markdown });
  process.exitCode = statusOf(found);
}

function print(found: DriftReport, { json, markdown }: { json: boolean; markdown: boolean }): void {
  if (json) {
    console.log(jsonText(driftJson(found)));
  } else if (markdown) {
    console.log(driftMarkdown(found));
  } else {
    console.log(wrapFor(process.stdout, driftText(found).join("\n")));
  }
  for (const text of json || markdown ? found.unknown : []) {
    console.error(wrapFor(process.stderr, text));
  }
}

/** Drift that was found is drift, whatever else could not be told; but nothing found is none only where all could be. */
export function statusOf({ drifts, unknown }: Pick<DriftReport, "drifts" | "unknown">): number {
  return drifts.length > 0 ? driftCodes.drift : unknown.length > 0 ? driftCodes.unknown : driftCodes.none;
}
