/** Settings that stand where nobody reads them: under another package's name, or beside `config:`. */
import type { Fault } from "../../system/errors.ts";
import { nearest } from "../../system/nearest.ts";
import { describedAt } from "../settings/described.ts";
import { projectFile } from "../vocabulary/file-names.ts";

/** Packages whose settings may have the names of ours. */
const packages = ["pulumi", "kubernetes", "command", "random"];

/** What Pulumi itself reads of its files: a project's and a stack's. */
const ofProject =
  "name runtime main description author website license config stackConfigDir template backend options plugins packages requiredPulumiVersion";
const ofStack = "config environment secretsprovider encryptedkey encryptionsalt";

interface Where {
  file: string;
  /** Name of the project, which is the namespace of its settings. */
  project: string;
}

/** Keys under `config:` whose namespace is a mistyped one, or that of no package that has such a setting. */
export function foreignKeys(config: Record<string, unknown>, { file, project }: Where): Fault[] {
  const own = [project, "vllm-platform"];
  return Object.keys(config).flatMap((key) => {
    const [namespace = "", name = "", more] = key.split(":");
    if (name === "" || more !== undefined || own.includes(namespace) || packages.includes(namespace)) {
      return [];
    }
    const isMistyped = nearest(namespace, own, 4) !== undefined;
    return isMistyped || isSetting(name)
      ? [
          {
            where: file,
            key,
            problem: `is for a package ${namespace}, which this project does not use, so nobody reads it`,
            fix: `Write ${project}:${name}, if that is meant, or remove it`,
          },
        ]
      : [];
  });
}

/** Keys at the top of a file that are settings, or nearly `config`. */
export function keysOutsideConfig(content: Record<string, unknown>, { file, project }: Where): Fault[] {
  const known = (file === projectFile ? ofProject : ofStack).split(" ");
  return Object.keys(content)
    .filter((key) => !known.includes(key))
    .flatMap((key): Fault[] => {
      const [namespace = "", name = namespace] = key.split(":");
      const isOurs = isSetting(name) || [project, "vllm-platform"].includes(namespace);
      const meant = nearest(key, known, 2);
      if (!isOurs && meant === undefined) {
        return [];
      }
      return [
        {
          where: file,
          key,
          problem: "stands where nobody reads it",
          fix: isOurs
            ? `Put it under \`config:\`, as \`  ${project}:${name}: …\``
            : `Write ${meant}, if that is meant, or remove it`,
        },
      ];
    });
}

function isSetting(name: string): boolean {
  return Object.hasOwn(describedAt([])?.properties ?? {}, name);
}
