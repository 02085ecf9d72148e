/** What `Pulumi.yaml` should say of a cluster, by what the cluster tells; and what only a person can say. */
import { isDeepStrictEqual } from "node:util";
import { describedAt } from "../../stacks/settings/described.ts";
import type { Settings } from "../../stacks/settings/index.ts";
import type { ClusterApi } from "../api/index.ts";
import { gpuNode } from "./gpu-node.ts";
import { host } from "./host.ts";
import { routeKinds } from "./items/definitions.ts";
import { ollama } from "./items/ollama.ts";
import {
  type Asked,
  byHand,
  type Proposal,
  type SettingPath,
  together,
  type Wanted,
  wanted,
} from "./items/proposal.ts";
import { type Read, readPaths } from "./items/requirement.ts";
import { issuer } from "./items/route/issuer.ts";
import { runtimeClass } from "./items/runtime-class.ts";
import { storageClass } from "./items/storage-class.ts";

/** A setting that is to be changed. */
export interface Change extends Wanted {
  from: unknown;
}

/**
 * Everything that is proposed, also what holds already. Read only; what may not be read is not known.
 * @throws UnreachableError where the cluster does not answer.
 */
export async function propose(api: ClusterApi, asked: Asked): Promise<Proposal> {
  const all = [gpuNode, runtimeClass, routeKinds, issuer, host, storageClass, ollama];
  const read = await readPaths(
    api,
    all.flatMap(({ lists }) => lists),
  );
  return together([
    ...[gpuNode, runtimeClass].map((one) => one.propose(read, asked)),
    ofRoute(read, asked),
    ...[storageClass, ollama].map((one) => one.propose(read, asked)),
    ofAccess(asked),
  ]);
}

/** Which namespaces may reach the server, no cluster tells: the reference setup's are not another home's, and let nobody in. */
function ofAccess({ settings, isNew }: Asked): Proposal {
  const { namespaces } = settings.access;
  return isNew && namespaces.length > 0
    ? together([
        wanted({
          path: ["access", "namespaces"],
          value: undefined,
          why: "the file's are the reference setup's",
        }),
        byHand({
          key: "access.namespaces",
          why: `the file let in ${namespaces.join(", ")}, which are the reference setup's`,
          look: "list those whose pods may reach the server; clients of the public route need none",
        }),
      ])
    : together([]);
}

/** Whether there can be a public route; its host, and who signs for it. */
function ofRoute(read: Read, asked: Asked): Proposal {
  if (!asked.settings.route.enabled) {
    return together([]);
  }
  const without = routeKinds.propose(read, asked);
  return without.wanted.length > 0
    ? without
    : together([issuer, host].map((one) => one.propose(read, asked)));
}

/**
 * What of it is not so yet.
 * @param settings with defaults, and with stand-ins for what is needed and not written
 * @param written what the file says; only that can be left out
 */
export function changesOf(
  wanted: readonly Wanted[],
  settings: Settings,
  written: Readonly<Record<string, unknown>>,
): Change[] {
  return wanted.flatMap((one) => {
    const isStandIn = isNeeded(one.path) && valueAt(written, one.path) === undefined;
    const from = valueAt(one.value === undefined || isStandIn ? written : settings, one.path);
    return isDeepStrictEqual(from, one.value) ? [] : [{ ...one, from }];
  });
}

/** Whether it has no default. */
function isNeeded(path: SettingPath): boolean {
  return describedAt(path.slice(0, -1))?.required?.includes(path.at(-1) ?? "") ?? false;
}

function valueAt(settings: object, path: SettingPath): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined,
    settings,
  );
}
