/** How one item of the cluster is looked at: which objects it reads, and how it judges them. */
import type { Plan } from "../../../stacks/plan/index.ts";
import { ApiError, type ClusterApi } from "../../api/index.ts";
import type { Finding } from "../../findings/finding.ts";

/** The body that a path of the API server gave; undefined where nothing is there. */
export type Read = <Body>(path: string) => Body | undefined;

export interface Requirement {
  /** What a row of the table names. */
  item: string;
  /** Whether a plan has to do with it. @default every plan has */
  concerns?(plan: Plan): boolean;
  /** Paths of the API server that are read. */
  paths(plan: Plan): string[];
  /** How a person looks where these credentials may not: a command. */
  byHand: string;
  /** Pure: the same objects, the same verdict. @param read knows the paths above. */
  judge(plan: Plan, read: Read): Omit<Finding, "item">;
}

/** Thrown by a `Read` for what the API server would not give. */
export class Unreadable extends Error {}

/**
 * Reads each path once, and all of them at once.
 * @throws UnreachableError where the cluster does not answer.
 */
export async function readPaths(api: ClusterApi, paths: Iterable<string>): Promise<Read> {
  const bodies = new Map(
    await Promise.all([...new Set(paths)].map(async (path) => [path, await readOne(api, path)] as const)),
  );
  return <Body>(path: string) => {
    const body = bodies.get(path);
    if (body instanceof Unreadable) {
      throw body;
    }
    return body as Body | undefined;
  };
}

async function readOne(api: ClusterApi, path: string): Promise<unknown> {
  try {
    return await api.get<unknown>(path);
  } catch (error) {
    if (error instanceof ApiError) {
      return new Unreadable(error.message);
    }
    throw error;
  }
}

/**
 * Looks at the items that a plan has to do with.
 * @throws UnreachableError where the cluster does not answer. What may not be read is an unknown item.
 */
export async function judgeAll(
  requirements: readonly Requirement[],
  plan: Plan,
  api: ClusterApi,
): Promise<Finding[]> {
  const concerned = requirements.filter(({ concerns }) => concerns?.(plan) ?? true);
  const read = await readPaths(
    api,
    concerned.flatMap((one) => one.paths(plan)),
  );
  return concerned.map((one) => ({ item: one.item, ...judged(one, plan, read) }));
}

/** What one requirement says of what was read; what may not be read is unknown. */
export function judged({ judge, byHand }: Requirement, plan: Plan, read: Read): Omit<Finding, "item"> {
  try {
    return judge(plan, read);
  } catch (error) {
    if (error instanceof Unreadable) {
      return {
        state: "unknown",
        found: `may not be read: ${error.message}`,
        fix: `Use credentials that may, or look by hand: \`${byHand}\``,
      };
    }
    throw error;
  }
}
