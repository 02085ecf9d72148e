// Writes settings into the text of Pulumi.yaml, where a group of settings stands under `value:`.
import { type Document, isMap, isNode, isScalar, parseDocument } from "yaml";
import { yamlFault } from "../../system/yaml-fault.ts";

/** A setting by its keys, and its value; undefined takes it away, so that its default holds. */
export interface SettingChange {
  path: readonly [string, ...string[]];
  value: unknown;
}

/**
 * The text of `Pulumi.yaml` with the settings changed. Comments, order, blank lines and quotes stay; blanks within lines are
 * laid out as the `yaml` package does it.
 * @throws TypeError where the file is no YAML that settings can stand in.
 */
export function writeSettings(text: string, changes: readonly SettingChange[]): string {
  const document = parseDocument(text, { logLevel: "error" });
  const [error] = document.errors;
  if (error !== undefined) {
    throw new TypeError(`not YAML: ${yamlFault(error)}`);
  }
  for (const { path, value } of changes) {
    const [group, ...inner] = path;
    const way = ["config", ...placeOf(document, group, inner.length > 0), ...inner];
    makeWay(document, way);
    if (value !== undefined) {
      put(document, way, value);
    } else if (document.hasIn(way)) {
      document.deleteIn(way);
      leaveNoEmptyGroup(document, way);
    }
  }
  if (changes.length === 0) {
    return text;
  }
  const written = document.toString({ lineWidth: 0, indentSeq: !hasUnindentedList(text) });
  return text.includes("\r\n") ? written.replace(/\r?\n/g, "\r\n") : written;
}

/** Whether a list stands right below its key, as many write it; then all do. */
function hasUnindentedList(text: string): boolean {
  return /^( *)[^\s#-][^\n]*:[ \t]*(#.*)?\r?\n\1- /m.test(text);
}

/** Under which keys a setting stands, or is to stand: `vllm-platform:route`, `value`. */
function placeOf(document: Document, setting: string, isGroup: boolean): string[] {
  const { name = "vllm-platform" } = (document.toJS() ?? {}) as { name?: string };
  const known = [`${name}:${setting}`, `vllm-platform:${setting}`, setting];
  const key = known.find((one) => document.hasIn(["config", one])) ?? `vllm-platform:${setting}`;
  const value = document.getIn(["config", key]);
  return isGroup || isMap(value) || value === undefined ? [key, "value"] : [key];
}

/** A value in the place of another one, with that one's comments; and with its quotes, where both are of one word. */
function put(document: Document, way: readonly string[], value: unknown): void {
  const old = document.getIn(way, true);
  if (isScalar(old) && typeof value !== "object") {
    old.value = value;
    return;
  }
  const node = document.createNode(value);
  if (isNode(old)) {
    node.comment = old.comment ?? null;
    node.commentBefore = old.commentBefore ?? null;
  }
  document.setIn(way, node);
}

/** A group that has nothing in it any more goes too, up to the setting as a whole. */
function leaveNoEmptyGroup(document: Document, way: readonly string[]): void {
  for (let depth = way.length - 1; depth > 1; depth--) {
    const group = document.getIn(way.slice(0, depth));
    if (!isMap(group) || group.items.length > 0) {
      return;
    }
    document.deleteIn(way.slice(0, depth));
  }
}

/** A key with nothing behind it becomes a group. @throws TypeError where a value stands on the way. */
function makeWay(document: Document, way: readonly string[]): void {
  for (let depth = 0; depth < way.length; depth++) {
    const path = way.slice(0, depth);
    const found = document.getIn(path);
    if (found === null) {
      document.setIn(path, document.createNode({}));
    } else if (found !== undefined && !isMap(found)) {
      throw new TypeError(`${path.join(".")} is not a mapping`);
    }
  }
}
