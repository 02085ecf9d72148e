// From what stands in the files to settings that can be planned, or to every fault of them at once.

import { type Fault, RefusedError } from "../../system/errors.ts";
import type { DriverVerdict, MemoryVerdict } from "../gates/index.ts";
import { type Answer, askDriver, askMemory, driverKeys, memoryKeys } from "../resolve/ask-gates.ts";
import { knownServer, resolve, type Server } from "../resolve/index.ts";
import {
  type SecretName,
  type Settings,
  secretForms,
  secretNames,
  settingsSchema,
} from "../settings/index.ts";
import { modeFile, projectFile } from "../vocabulary/file-names.ts";
import { type Finding, findingsOf } from "./faults.ts";
import { rules } from "./index.ts";
import { hidden, shownPath, shownValue } from "./redact.ts";

/** Raw values by key, and the file that each was written in. */
export interface RawSettings {
  mode: string;
  values: Record<string, unknown>;
  /** File to name for a key; for a key that stands nowhere, the mode's own file. */
  fileOf(key: string): string;
  /** Keys whose values were set with `--secret`, and must never be shown. */
  secretKeys?: ReadonlySet<string>;
  /** What was wrong with the files themselves. */
  faults?: readonly Fault[];
}

/** Settings as far as they could be read, and what is wrong. */
export interface Checked {
  settings: Settings;
  faults: Fault[];
  /** The server that they describe; absent where too little of it is known, which is a fault of a mode that serves. */
  server?: Server;
  /** What the gates say of it; absent where it cannot be asked, as a value is faulty that a gate reads. */
  memory?: Answer<MemoryVerdict>;
  driver?: Answer<DriverVerdict>;
}

/**
 * Checks the values against the schema and the rules, and fills in the defaults.
 * @throws RefusedError naming every fault at once, each with file, key, value found and fix.
 */
export function validateSettings(raw: RawSettings): Settings {
  const { settings, faults } = checkSettings(raw);
  if (faults.length > 0) {
    throw faulty(raw.mode, faults);
  }
  return settings;
}

/** All faults in one error. */
export function faulty(mode: string, faults: readonly Fault[]): RefusedError {
  return new RefusedError(`The configuration of mode ${mode} is not usable:`, faults);
}

/**
 * As `validateSettings`, but returns the faults instead of throwing, so that callers can add theirs; and asks the gates, whose
 * faults stand apart: they refuse a mode that serves, and are only a note to one that frees the GPU.
 */
export function checkSettings(raw: RawSettings): Checked {
  const { written, findings: secretFindings } = readSecrets(raw);
  const issues = settingsSchema.safeParse(written).error?.issues ?? [];
  const findings = [...secretFindings, ...issues.flatMap(findingsOf)];
  const settings = parseWithout(written, faultyPaths(findings));
  const resolved = resolve(settings);
  const context = {
    mode: raw.mode,
    isOwn: (key: string) => key in written && raw.fileOf(key) === raw.fileOf(""),
    resolved,
  };
  const inOrder = (reads: readonly string[]): boolean =>
    !reads.some((read) => faultyPaths(findings).some((path) => touches(path, read.split("."))));
  const asked = rules.filter(({ reads }) => inOrder(reads));
  findings.push(...asked.flatMap((rule) => rule.findings(settings, context)));
  const server = settings.serve ? knownServer(resolved) : undefined;
  const placed = (faults: readonly Fault[]): Fault[] =>
    faults.map((fault) => ({ ...fault, where: raw.fileOf(fault.key?.split(".")[0] ?? "") }));
  const inFile = <Verdict extends { faults: Fault[] }>({ verdict, ...answer }: Answer<Verdict>) => ({
    ...answer,
    faults: placed(answer.faults),
    verdict: { ...verdict, faults: placed(verdict.faults) },
  });
  return {
    settings,
    faults: [...(raw.faults ?? []), ...findings.map((finding) => asFault(finding, raw, written))],
    ...(server === undefined ? {} : { server }),
    ...(server !== undefined && inOrder(memoryKeys)
      ? { memory: inFile(askMemory(settings, server, "")) }
      : {}),
    ...(server !== undefined && inOrder(driverKeys) ? { driver: inFile(askDriver(settings, "")) } : {}),
  };
}

function faultyPaths(findings: readonly Finding[]): (readonly PropertyKey[])[] {
  return findings.flatMap(({ path, meant }) => (meant === undefined ? [path] : [path, meant]));
}

/**
 * Takes the secret values out: what the settings, the plan and every error are made of holds none. A value that is
 * encrypted without need is refused, since what is planned from it shows in the clear anyway.
 */
function readSecrets(raw: RawSettings): { written: Record<string, unknown>; findings: Finding[] } {
  const findings: Finding[] = [];
  const written: Record<string, unknown> = Object.create(null);
  for (const [key, value] of Object.entries(raw.values)) {
    const encrypted = raw.secretKeys?.has(key) ?? false;
    const name = secretNames.find((secret) => secret === key);
    if (name !== undefined) {
      written[key] = { secure: hidden };
      findings.push(...secretFindings(name, value, encrypted, raw.mode));
    } else if (encrypted) {
      findings.push({
        path: [key],
        found: hidden,
        problem: "is encrypted, but what it sets shows in the cluster in the clear",
        fix: "Set it with `pulumi config set`, without --secret",
      });
    } else {
      written[key] = fromJsonText(value);
    }
  }
  return { written, findings };
}

/** A group or list, which the engine hands over as JSON text; any other value as it is. */
function fromJsonText(value: unknown): unknown {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) {
    return value;
  }
  try {
    return JSON.parse(value);
  } catch {
    return value; // not JSON after all: the schema says what it wanted
  }
}

function secretFindings(name: SecretName, value: unknown, encrypted: boolean, mode: string): Finding[] {
  const finding = { path: [name], found: hidden };
  const { pattern, allowed, fromFile = "" } = secretForms[name];
  const set = `Run \`pulumi config set --secret ${name} -s ${mode}${fromFile}\`, or \`npm run set-secret -- ${name}${fromFile}\` for all modes`;
  if (!encrypted) {
    return [
      {
        ...finding,
        problem: "must be a Pulumi secret, and is not",
        fix: `Remove it, as whoever has seen this file knows it, and take a new one. ${set}`,
      },
    ];
  }
  return typeof value === "string" && !pattern.test(value)
    ? [{ ...finding, problem: allowed, fix: set }]
    : [];
}

/** In place of what has no default; no rule that reads it is asked then. */
const standIns = {
  gpuNode: {
    name: "unknown",
    card: { name: "unknown", memoryMiB: 1024, computeCapability: 1 },
    driver: { version: "0.0" },
  },
};

/** The settings with the default in place of every faulty value, so that the rules can look at the rest. */
function parseWithout(
  values: Record<string, unknown>,
  faulty: readonly (readonly PropertyKey[])[],
): Settings {
  const rest = structuredClone(values);
  for (const path of faulty) {
    remove(rest, path);
  }
  // A value that a group needs and that was faulty or is missing: that group goes as a whole, where it has no stand-in.
  for (const { path } of settingsSchema.safeParse(rest).error?.issues ?? []) {
    const standIn = valueAt(standIns, path);
    if (standIn === undefined) {
      remove(rest, path.slice(0, -1));
    } else {
      put(rest, path, standIn);
    }
  }
  return settingsSchema.parse(rest);
}

function remove(values: Record<PropertyKey, unknown>, path: readonly PropertyKey[]): void {
  const [key, ...rest] = path;
  if (key === undefined || !Object.hasOwn(values, key)) {
    return;
  }
  const inner = values[key];
  if (rest.length > 0 && typeof inner === "object" && inner !== null && !Array.isArray(inner)) {
    remove(inner as Record<PropertyKey, unknown>, rest);
  } else {
    delete values[key]; // a list with a faulty element is dropped as a whole
  }
}

function put(values: Record<PropertyKey, unknown>, path: readonly PropertyKey[], value: unknown): void {
  const [key = "", ...rest] = path;
  if (rest.length === 0) {
    values[key] = value;
  } else {
    values[key] ??= {};
    put(values[key] as Record<PropertyKey, unknown>, rest, value);
  }
}

/** Whether a faulty path lies on, above or below what a rule reads. */
function touches(path: readonly PropertyKey[], read: readonly string[]): boolean {
  return path.slice(0, read.length).every((key, index) => String(key) === read[index]);
}

function asFault(finding: Finding, raw: RawSettings, values: unknown): Fault {
  const { path, problem } = finding;
  const found = shownValue(path, "found" in finding ? finding.found : valueAt(values, path));
  const [group = ""] = path;
  // What a cluster is, no mode says; but a group of its own may lack what the shared one has.
  const isOfCluster = /^(gpuNode|route)$/.test(String(group)) && /^is missing\b/.test(problem);
  const isNowhere = isOfCluster && valueAt(values, [group]) === undefined;
  const where = isNowhere ? projectFile : raw.fileOf(String(group));
  const fix =
    isOfCluster && where === modeFile(raw.mode)
      ? `${finding.fix}. A group in this file replaces that of ${projectFile} as a whole`
      : finding.fix;
  return { where, key: shownPath(path), ...(found === undefined ? {} : { found }), problem, fix };
}

/** The value that the path leads to in what the user wrote. */
function valueAt(values: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, key)
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    values,
  );
}
