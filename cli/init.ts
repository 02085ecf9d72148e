/** The words of `gpu-mode init`: the values of a named cluster for `Pulumi.yaml`, written after a yes. */
import { styleText } from "node:util";
import type { ByHand } from "../cluster/requirements/items/proposal.ts";
import type { Change } from "../cluster/requirements/proposals.ts";
import { type Given, proposeFor, writeProposal } from "../operations/init.ts";
import type { Project } from "../operations/project.ts";
import { confirm } from "../system/terminal/confirm.ts";
import { jsonText } from "../system/terminal/json-text.ts";

export interface InitOptions extends Given {
  yes?: boolean;
  json?: boolean;
}

/**
 * Proposes, and writes where it may.
 * @throws Ended where nobody can be asked or the answer is no, UnreachableError where the cluster does not answer.
 */
export async function init(
  project: Project,
  { signal, yes = false, json = false, ...given }: InitOptions & { signal: AbortSignal },
): Promise<void> {
  const proposed = await proposeFor(project, given, {
    signal,
    say: (text) => console.error(text),
  });
  const { file, changes, byHand, diff, defaultMode } = proposed;
  if (!json) {
    console.log(proposalText({ file, changes, byHand, diff }).join("\n"));
  }
  if (diff !== "" && !json && !yes) {
    await confirm({
      text: `Write this into ${file}?`,
      nobody: "Nothing was written, since nobody can be asked here",
      signal,
    });
  }
  const written = diff !== "" && (yes || !json);
  if (written) {
    await writeProposal(project, proposed);
  }
  if (json) {
    console.log(jsonText({ file, changes: changes.map(asJson), byHand, diff, written }));
  } else if (written) {
    console.log(`\nWrote ${file}. Next: gpu-mode doctor, then pulumi preview -s ${defaultMode}.`);
  }
}

function asJson({ path, from, value, why }: Change): object {
  return { key: path.join("."), from: from ?? null, to: value ?? null, why };
}

interface Proposed {
  file: string;
  changes: readonly Change[];
  byHand: readonly ByHand[];
  /** Empty where nothing is to be written. */
  diff: string;
}

/** What a person reads before the question. */
export function proposalText({ file, changes, byHand, diff }: Proposed): string[] {
  return [
    ...(diff === "" ? [`${file} says of this cluster what it tells: nothing to write.`] : coloured(diff)),
    ...(changes.length === 0 ? [] : ["Why:"]),
    ...changes.map(
      ({ path, value, why }) => `  ${path.join(".")}${value === undefined ? " (left out)" : ""}: ${why}`,
    ),
    ...(byHand.length === 0 ? [] : ["", "To be looked at by you, as the cluster does not tell it:"]),
    ...byHand.map(({ key, why, look }) => `  ${key}: ${why}; ${look}`),
  ];
}

/** Colour is only for a terminal. */
function coloured(diff: string): string[] {
  return diff
    .trimEnd()
    .split("\n")
    .map((line) =>
      /^\+(?!\+\+)/.test(line)
        ? styleText("green", line)
        : /^-(?!--)/.test(line)
          ? styleText("red", line)
          : line,
    );
}
