/** The words of `gpu-mode init`: the values of a named cluster for `Pulumi.yaml`, written after a yes. */

import { readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { styleText } from "node:util";
import { type Connection, resolveConnection, standardKubeconfig } from "../cluster/api/connection.ts";
import { openApi } from "../cluster/api/index.ts";
import type { ByHand, Wanted } from "../cluster/requirements/items/proposal.ts";
import { type Change, changesOf, propose } from "../cluster/requirements/proposals.ts";
import type { Project } from "../operations/project.ts";
import { aborted } from "../operations/switch/failures.ts";
import { writeSettings } from "../stacks/files/edit-settings.ts";
import { readModeTexts, readSharedFile } from "../stacks/files/index.ts";
import { checkSettings } from "../stacks/rules/validate.ts";
import { projectFile } from "../stacks/vocabulary/file-names.ts";
import { Ended } from "../system/ended.ts";
import { patchOf } from "../system/patch.ts";
import { type Fault, faultText, RefusedError } from "../system/refused.ts";
import { confirm } from "./confirm.ts";

export interface InitOptions {
  context?: string;
  kubeconfig?: string;
  node?: string;
  host?: string;
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
  const file = join(project.folder, projectFile);
  const before = readFileSync(file, "utf8");
  const shared = readSharedFile(project.folder);
  const { settings } = checkSettings(shared);
  const connection = resolveConnection(settings.cluster, {
    VLLM_PLATFORM_CONTEXT: given.context ?? process.env.VLLM_PLATFORM_CONTEXT,
    VLLM_PLATFORM_KUBECONFIG: given.kubeconfig ?? process.env.VLLM_PLATFORM_KUBECONFIG,
  });
  const api = await openApi(connection);
  console.error(`  cluster ${api.server} …`);
  const isNew = settings.cluster.context === undefined;
  const { wanted, byHand } = await Promise.race([propose(api, { settings, isNew, given }), aborted(signal)]);
  const changes = changesOf(
    [...ofCluster(given, isNew ? connection : undefined), ...wanted],
    settings,
    shared.values,
  );
  const after = edited(before, changes, file);
  const diff = before === after ? "" : patchOf(projectFile, before, after);
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
    requireOwnFile(project, before);
    replaceFile(file, after);
  }
  if (json) {
    console.log(JSON.stringify({ file, changes: changes.map(asJson), byHand, diff, written }, null, 2));
  } else if (written) {
    console.log(`\nWrote ${file}. Next: gpu-mode doctor, then pulumi preview -s ${settings.defaultMode}.`);
  }
}

/**
 * The text with the changes in it.
 * @throws Ended where the file has something else in the place of a group of settings, RefusedError where a value that was
 * given here is not allowed.
 */
function edited(text: string, changes: readonly Change[], file: string): string {
  try {
    const after = writeSettings(text, changes);
    const known = faultsIn(text).map(faultText);
    // What is left out is missing afterwards, and is to be asked for.
    const leftOut = changes.filter(({ value }) => value === undefined).map(({ path }) => path.join("."));
    const faults = faultsIn(after).filter(
      (fault) => !known.includes(faultText(fault)) && !leftOut.includes(fault.key ?? ""),
    );
    if (faults.length > 0) {
      throw new RefusedError("Nothing was written.", faults);
    }
    return after;
  } catch (error) {
    if (error instanceof TypeError) {
      throw new Ended("refused", `${file} cannot be edited: ${error.message}. Nothing was written.`);
    }
    throw error;
  }
}

/** What a file that is no mode lacks, such as a model, is among them. */
function faultsIn(text: string): Fault[] {
  return checkSettings({ ...readModeTexts("", text, ""), fileOf: () => projectFile }).faults;
}

/** All of the file at once, so that nobody reads half of it. */
function replaceFile(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, text, { mode: statSync(file).mode });
  renameSync(temporary, file);
}

/** What was named here; and a file that names no cluster yet gets the one that was asked, whoever named it. */
function ofCluster(given: InitOptions, connection: Partial<Connection> = {}): Wanted[] {
  return (["kubeconfig", "context"] as const).flatMap((key) => {
    const asked = connection[key] === standardKubeconfig ? undefined : connection[key];
    const value = given[key] ?? asked;
    const why = given[key] === undefined ? "the cluster that was asked" : `--${key}`;
    return value === undefined ? [] : [{ path: ["cluster", key], value: inHome(value), why }];
  });
}

/** A path in the home folder is written so that it holds on other machines, too. */
function inHome(path: string): string {
  const home = `${homedir()}/`;
  return path.startsWith(home) ? `~/${path.slice(home.length)}` : path;
}

/** The sandbox's `Pulumi.yaml` is made anew from the clone's, and so is what anybody wrote into it. */
function requireOwnFile({ folder, clone }: Project, text: string): void {
  const main = /^main: *["']?(.*?)["']?$/m.exec(text)?.[1] ?? "";
  if (folder !== clone && /^(\.\.|\/)/.test(main)) {
    throw new Ended(
      "refused",
      `Nothing was written: ${join(folder, projectFile)} is made from ${join(clone, projectFile)}. Run this in a shell without the sandbox's variables.`,
    );
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
