/** What a cluster tells of the values that `Pulumi.yaml` should have, and writing them. */
import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type Connection, resolveConnection, standardKubeconfig } from "../cluster/api/connection.ts";
import { openApi } from "../cluster/api/index.ts";
import { whyNoKubeconfig } from "../cluster/api/kubeconfig-file.ts";
import type { ByHand, Wanted } from "../cluster/requirements/items/proposal.ts";
import { type Change, changesOf, propose } from "../cluster/requirements/proposals.ts";
import { writeSettings } from "../stacks/files/edit-settings.ts";
import { readModeTexts, readSharedFile } from "../stacks/files/index.ts";
import { checkSettings } from "../stacks/rules/validate.ts";
import { hostName } from "../stacks/settings/fields.ts";
import { projectFile } from "../stacks/vocabulary/file-names.ts";
import { aborted } from "../system/aborted.ts";
import { Ended, type Fault, faultText, RefusedError } from "../system/errors.ts";
import { patchOf } from "../system/patch.ts";
import { replaceFile } from "../system/replace-file.ts";
import type { Project } from "./project.ts";

/** What a person names beside the files. */
export interface Given {
  context?: string;
  kubeconfig?: string;
  node?: string;
  host?: string;
}

export interface ProposedFile {
  /** `Pulumi.yaml`, by its path. */
  file: string;
  before: string;
  after: string;
  changes: readonly Change[];
  byHand: readonly ByHand[];
  /** Empty where nothing is to be written. */
  diff: string;
  defaultMode: string;
}

/**
 * Works out what the file should say. Nothing is written.
 * @throws Ended where what was named is no host or file, or the file cannot be edited; RefusedError where that is not there or a
 * value is not allowed; UnreachableError where the cluster does not answer.
 */
export async function proposeFor(
  project: Project,
  given: Given,
  { signal, say }: { signal: AbortSignal; say: (text: string) => void },
): Promise<ProposedFile> {
  requireUsable(given);
  const file = join(project.folder, projectFile);
  const shared = readSharedFile(project.folder);
  const before = readFileSync(file, "utf8");
  const { settings } = checkSettings(shared);
  const connection = resolveConnection(settings.cluster, {
    VLLM_PLATFORM_CONTEXT: given.context ?? process.env.VLLM_PLATFORM_CONTEXT,
    VLLM_PLATFORM_KUBECONFIG: given.kubeconfig ?? process.env.VLLM_PLATFORM_KUBECONFIG,
  });
  const api = await openApi(connection);
  say(`  cluster ${api.server} …`);
  const isNew = settings.cluster.context === undefined;
  const { wanted, byHand } = await Promise.race([propose(api, { settings, isNew, given }), aborted(signal)]);
  const changes = changesOf(
    [...ofCluster(given, isNew ? connection : undefined), ...wanted],
    settings,
    shared.values,
  );
  const after = edited(before, { changes, byHand: byHand.map(({ key }) => key) }, file);
  const diff = before === after ? "" : patchOf(projectFile, before, after);
  return { file, before, after, changes, byHand, diff, defaultMode: settings.defaultMode };
}

/** @throws Ended where what was named on the command line is no host or no file */
function requireUsable({ host, kubeconfig }: Given): void {
  const faults: Fault[] = [];
  const [issue] = hostName.safeParse(host ?? "some.host").error?.issues ?? [];
  if (issue !== undefined) {
    faults.push({
      where: "--host",
      found: host,
      problem: issue.message,
      fix: "Name it like --host vllm.home.example.org",
    });
  }
  const problem = kubeconfig === undefined ? undefined : whyNoKubeconfig({ kubeconfig });
  if (problem !== undefined) {
    faults.push({
      where: "--kubeconfig",
      found: kubeconfig,
      problem,
      fix: "Name the one by which kubectl reaches your cluster",
    });
  }
  if (faults.length > 0) {
    throw new Ended("usage", ["Nothing was written.", ...faults.map(faultText)].join("\n"));
  }
}

/** Writes it. @throws Ended where the file is made from another one */
export async function writeProposal(project: Project, { file, before, after }: ProposedFile): Promise<void> {
  requireOwnFile(project, before);
  await replaceFile(file, after, statSync(file).mode);
}

/** What is written, and the keys of what a person has to write. */
interface Edit {
  changes: readonly Change[];
  byHand: readonly string[];
}

/**
 * The text with the changes in it.
 * @throws Ended where the file has something else in the place of a group of settings, RefusedError where a value that was
 * given here is not allowed.
 */
export function edited(text: string, { changes, byHand }: Edit, file: string): string {
  try {
    const after = writeSettings(text, changes);
    const known = faultsIn(text).map(faultText);
    // What is left out is missing afterwards, and is to be asked for.
    const leftOut = changes.filter(({ value }) => value === undefined).map(({ path }) => path.join("."));
    // A group that was missing is now there in part, and what it lacks is told one by one.
    const missing = faultsIn(text).flatMap(({ key }) => key ?? []);
    const isAskedFor = (key: string): boolean =>
      [...leftOut, ...byHand, ...missing].some((one) => key === one || key.startsWith(`${one}.`));
    const faults = faultsIn(after).filter(
      (fault) => !known.includes(faultText(fault)) && !isAskedFor(fault.key ?? ""),
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

/** What was named here; and a file that names no cluster yet gets the one that was asked, whoever named it. */
function ofCluster(given: Given, connection: Partial<Connection> = {}): Wanted[] {
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
