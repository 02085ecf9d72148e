/** What pulumi works on in the sandbox: a tracked stack file, with the sandbox's own salt and secrets in it. Pure. */
import { isDeepStrictEqual } from "node:util";
import { Document, isMap, parse, parseDocument } from "yaml";

/** Content of a `Pulumi.<mode>.yaml`, as far as the sandbox cares. */
interface StackFile {
  readonly config?: Config | null;
  readonly [key: string]: unknown;
}

type Config = Readonly<Record<string, unknown>>;

/** What `pulumi` writes about the provider that encrypts a stack's secrets; each place has its own. */
const providerKeys = ["encryptionsalt", "secretsprovider", "encryptedkey"];

export interface Composed {
  readonly text: string;
  /** Config keys of the tracked file that only its own secrets provider can read, and the sandbox therefore lacks. */
  readonly leftOut: readonly string[];
}

/**
 * The tracked file without what only its own secrets provider can read, and with the sandbox's salt and secrets. One that is
 * no stack file is handed on as it is: who reads it says what is wrong with it.
 *
 * @param own the sandbox's own part, as `ownPart` gives it
 */
export function compose(tracked: string, own: string): Composed {
  const document = parseDocument(tracked, { logLevel: "error" });
  const file = contentOf(document);
  if (file === undefined) return { text: tracked, leftOut: [] };
  const mine = (parse(own) ?? {}) as StackFile;
  const secrets = Object.entries(mine.config ?? {}).filter(([key]) => !isPlain(file.config?.[key]));
  const foreign = Object.keys(file.config ?? {}).filter((key) => holdsSecret(file.config?.[key]));
  const before = document.toString();
  for (const key of foreign) document.deleteIn(["config", key]);
  for (const key of providerKeys) {
    if (document.has(key)) document.delete(key);
    if (mine[key] !== undefined) document.set(key, mine[key]);
  }
  for (const [key, value] of secrets) setConfig(document, key, value);
  return {
    text: document.toString() === before ? tracked : document.toString({ lineWidth: 0 }),
    leftOut: foreign.filter((key) => !(key in Object.fromEntries(secrets))),
  };
}

/** A value of the config that differs; undefined: it is to go. */
export interface Change {
  readonly key: string;
  readonly value: unknown;
}

/** What `pulumi` has changed in a composed file that belongs into the tracked one; nothing where it is no stack file. */
export function changesIn(composed: string, now: string): Change[] {
  if (composed === now) return [];
  const [before, after] = [plainConfig(composed), plainConfig(now)];
  if (before === undefined || after === undefined) return [];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys
    .filter((key) => !isDeepStrictEqual(asPulumiHasIt(before[key]), asPulumiHasIt(after[key])))
    .map((key) => ({ key, value: after[key] }));
}

/** The salt and the secrets of a composed file: what belongs to the sandbox alone. */
export function ownPart(composed: string): string {
  const { config, ...rest } = contentOf(parseDocument(composed, { logLevel: "error" })) ?? {};
  const own: Record<string, unknown> = {};
  for (const key of providerKeys) if (rest[key] !== undefined) own[key] = rest[key];
  const secrets = Object.entries(config ?? {}).filter(([, value]) => holdsSecret(value));
  if (secrets.length > 0) own.config = Object.fromEntries(secrets);
  return Object.keys(own).length === 0 ? "" : new Document(own).toString({ lineWidth: 0 });
}

/**
 * The tracked file with the changes; its comments stay.
 * @throws TypeError where it is no stack file.
 */
export function applyChanges(tracked: string, changes: readonly Change[]): string {
  const document = parseDocument(tracked, { logLevel: "error" });
  if (contentOf(document) === undefined) throw new TypeError("it is not a stack file");
  for (const { key, value } of changes) {
    if (value !== undefined) setConfig(document, key, ofTheKindOf(document.getIn(["config", key]), value));
    else if (document.hasIn(["config", key])) document.deleteIn(["config", key]);
  }
  return document.toString({ lineWidth: 0 });
}

/** Whatever it writes into a stack file, pulumi makes all that are no lists or mappings strings. */
function asPulumiHasIt(value: unknown): unknown {
  if (value === null) return "";
  return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
}

/** A number or a truth value that pulumi has as a string, where one stood before. */
function ofTheKindOf(before: unknown, value: unknown): unknown {
  if (typeof before !== "number" && typeof before !== "boolean") return value;
  const read: unknown = typeof value === "string" ? parse(value) : value;
  return typeof read === typeof before && String(read) === value ? read : value;
}

/** Undefined where it is not YAML, or no mapping with a mapping `config`. An empty file is one without settings. */
function contentOf(document: Document.Parsed): StackFile | undefined {
  if (document.errors.length > 0) return undefined;
  if (document.contents === null) return {};
  const config = document.get("config");
  if (!isMap(document.contents) || !(isMap(config) || (config ?? undefined) === undefined)) return undefined;
  return document.toJS() as StackFile;
}

function setConfig(document: Document, key: string, value: unknown): void {
  if (!isMap(document.get("config"))) document.set("config", document.createNode({}));
  document.setIn(["config", key], typeof value === "object" ? document.createNode(value) : value);
}

function plainConfig(text: string): Config | undefined {
  const file = contentOf(parseDocument(text, { logLevel: "error" }));
  return file && Object.fromEntries(Object.entries(file.config ?? {}).filter(([, value]) => isPlain(value)));
}

const isPlain = (value: unknown): boolean => value !== undefined && !holdsSecret(value);

/** Encrypted values stand as `{secure: …}`, at any depth. */
function holdsSecret(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return ("secure" in value && Object.keys(value).length === 1) || Object.values(value).some(holdsSecret);
}
