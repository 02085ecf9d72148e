// Turns what the schema found wrong into faults that tell where, what is allowed, and what fixes it.
import { stringify } from "yaml";
import type { z } from "zod";
import { nearest } from "../../system/nearest.ts";
import { describedAt } from "../settings/described.ts";

/** One thing found wrong, at a path below the settings. */
export interface Finding {
  path: readonly PropertyKey[];
  problem: string;
  fix: string;
  /** The value to show, where it is not the one at the path. */
  found?: unknown;
  /** The setting that was probably meant, and that is therefore not really missing. */
  meant?: readonly PropertyKey[];
}

/** What an issue of the schema means for the person who wrote the file. */
export function findingsOf(issue: z.core.$ZodIssue): Finding[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      if (path.join(".") === "confirmed") {
        return {
          path,
          problem: "is not needed any more: no value of another cluster is taken for yours",
          fix: "Remove it",
        };
      }
      const known = Object.keys(describedAt(issue.path)?.properties ?? {});
      const meant = nearest(key, known);
      return {
        path,
        problem: "there is no such setting",
        ...(meant === undefined
          ? { fix: `Remove it; here there are ${known.join(", ")}` }
          : { fix: `Write ${meant}, if that is meant`, meant: [...issue.path, meant] }),
      };
    });
  }
  if (issue.code === "invalid_key") {
    return [
      {
        path: issue.path,
        problem: issue.issues[0]?.message ?? issue.message,
        fix: fixAt(issue.path.slice(0, -1)),
      },
    ];
  }
  return [{ path: issue.path, problem: issue.message, fix: fixAt(issue.path) }];
}

/** `Write it like "host: vllm.example.org", or remove it for the default …` */
function fixAt(path: readonly PropertyKey[]): string {
  const settings = namedPart(path);
  const { examples: [example] = [], default: fallback } = describedAt(settings) ?? {};
  const key = `${settings.length === 1 ? "vllm-platform:" : ""}${String(settings.at(-1))}`;
  if (isProposed(settings)) {
    const write = example === undefined ? "" : `, or write it like \`${inline({ [key]: example })}\``;
    return `Run \`gpu-mode init\`, which proposes it${write}`;
  }
  const write = example === undefined ? "Correct it" : `Write it like \`${inline({ [key]: example })}\``;
  return fallback === undefined
    ? `${write}; docs/configuration.md lists what is allowed`
    : `${write}, or remove it for the default \`${inline(fallback)}\``;
}

/** Whether it is one of those facts of the GPU node that nobody can guess. */
function isProposed(path: readonly PropertyKey[]): boolean {
  const [group, part = "card"] = path;
  const isNeeded =
    path.length === 1 || describedAt(path.slice(0, -1))?.required?.includes(String(path.at(-1)));
  return group === "gpuNode" && /^(name|card|driver)$/.test(String(part)) && isNeeded === true;
}

/** The path up to the last name; a place in a list says nothing to a reader. */
function namedPart(path: readonly PropertyKey[]): readonly PropertyKey[] {
  const end = path.findIndex((key) => typeof key === "number");
  return end < 0 ? path : path.slice(0, end);
}

/** A value in one line of YAML; a single `key: value` without braces, as it stands in a file. */
export function inline(value: unknown): string {
  const flow = (part: unknown) =>
    stringify(part, { collectionStyle: "flow", lineWidth: 0, flowCollectionPadding: false }).trim();
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return flow(value);
  }
  const [first, ...others] = Object.entries(value);
  return first === undefined || others.length > 0 ? flow(value) : `${flow(first[0])}: ${flow(first[1])}`;
}
