import { isDeepStrictEqual } from "node:util";
import { parse, stringify } from "yaml";

/** Content of a `Pulumi.<mode>.yaml`, as far as the sandbox cares. */
interface StackFile {
  readonly config?: Readonly<Record<string, unknown>> | null;
  readonly [key: string]: unknown;
}

export interface SyncedStackFile {
  readonly text: string;
  /** Config keys of the tracked file that only its own secrets provider can read, and the sandbox therefore lacks. */
  readonly leftOut: readonly string[];
}

/** What `pulumi` writes about the provider that encrypts a stack's secrets; each place has its own. */
const providerKeys = ["encryptionsalt", "secretsprovider", "encryptedkey"];

/**
 * Brings the sandbox's copy of a stack file up to date. A change of the tracked file arrives; what the user has set
 * or removed in the copy (`pulumi config set`, `pulumi config rm`) stays, and so does the copy's encryption salt.
 *
 * @param tracked the stack file in the clone
 * @param previous the tracked file as it was at the last synchronization; undefined before the first
 * @param copy the sandbox's copy; undefined before the first
 */
export function syncStackFile(
  tracked: string,
  previous: string | undefined,
  copy: string | undefined,
): SyncedStackFile {
  const { file: now, leftOut } = withoutForeignSecrets(read(tracked));
  if (copy === undefined)
    return { text: leftOut.length === 0 && !hasProviderKeys(tracked) ? tracked : stringify(now), leftOut };
  const { file: before } = withoutForeignSecrets(read(previous ?? ""));
  const own = read(copy);
  const config = mergeConfig(now.config ?? {}, before.config ?? {}, own.config ?? {});
  const { config: _, ...rest } = now;
  const merged: Record<string, unknown> = { ...rest };
  for (const key of providerKeys) if (own[key] !== undefined) merged[key] = own[key];
  if (Object.keys(config).length > 0 || now.config !== undefined) merged.config = config;
  if (isDeepStrictEqual(merged, own)) return { text: copy, leftOut };
  return { text: stringify(merged), leftOut };
}

type Config = Readonly<Record<string, unknown>>;

function mergeConfig(now: Config, before: Config, own: Config): Config {
  const merged: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(now)) {
    const removedByUser = key in before && !(key in own) && isDeepStrictEqual(value, before[key]);
    if (!removedByUser) merged[key] = value;
  }
  for (const [key, value] of Object.entries(own)) {
    const setByUser = !(key in before) || !isDeepStrictEqual(value, before[key]);
    if (setByUser) merged[key] = value;
  }
  return merged;
}

function withoutForeignSecrets(file: StackFile): { file: StackFile; leftOut: string[] } {
  const entries = Object.entries(file.config ?? {});
  const leftOut = entries.filter(([, value]) => holdsSecret(value)).map(([key]) => key);
  const kept = Object.fromEntries(Object.entries(file).filter(([key]) => !providerKeys.includes(key)));
  if (leftOut.length > 0) kept.config = Object.fromEntries(entries.filter(([key]) => !leftOut.includes(key)));
  return { file: kept, leftOut };
}

/** Encrypted values stand as `{secure: …}`, at any depth. */
function holdsSecret(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return ("secure" in value && Object.keys(value).length === 1) || Object.values(value).some(holdsSecret);
}

const hasProviderKeys = (text: string): boolean =>
  Object.keys(read(text)).some((key) => providerKeys.includes(key));

function read(text: string): StackFile {
  const value: unknown = parse(text);
  return typeof value === "object" && value !== null ? (value as StackFile) : {};
}
