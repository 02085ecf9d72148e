/**
 * Changes single values in the text of a YAML file. Everything else stays byte for byte: comments, blanks, order and quotes
 * are their author's. (A document of the `yaml` package that is written anew is laid out anew.)
 */
import { isMap, isScalar, type Pair, type ParsedNode, parseDocument, stringify, type YAMLMap } from "yaml";

type KeyPath = readonly [string, ...string[]];

/**
 * The text with a value at a path of keys. Mappings on the way that are not there are made.
 * @throws TypeError where the text is not YAML, or a value that is no mapping stands on the way.
 */
export function setInYaml(text: string, path: KeyPath, value: unknown): string {
  const { found, rest, pair } = walk(text, path);
  if (pair !== undefined && rest.length === 0) {
    return replacePair(text, pair, value);
  }
  const [key = "", ...deeper] = rest;
  const nested = deeper.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
  if (pair !== undefined && found === undefined) {
    return replacePair(text, pair, { [key]: nested }); // `key:` with nothing behind it
  }
  return found === undefined ? `${text}${block({ [key]: nested }, 0)}` : insert(text, found, key, nested);
}

/** The text without the key at a path; the same text where there is none. */
export function removeFromYaml(text: string, path: KeyPath): string {
  const { found, rest, pair } = walk(text, path);
  if (pair === undefined || found === undefined || rest.length > 0) {
    return text;
  }
  const [start, end] = [startOf(pair), endOf(text, pair)];
  if (found.flow) {
    const place = found.items.indexOf(pair as never);
    const next = found.items[place + 1] as Pair<ParsedNode, ParsedNode | null> | undefined;
    const previous = found.items[place - 1] as Pair<ParsedNode, ParsedNode | null> | undefined;
    if (next !== undefined) {
      return text.slice(0, start) + text.slice(startOf(next));
    }
    return text.slice(0, previous === undefined ? start : endOf(text, previous)) + text.slice(end);
  }
  if (found.items.length === 1) {
    // A mapping with no line left would be nothing at all.
    return `${text.slice(0, start)}{}${text.slice(end)}`;
  }
  return text.slice(0, lineStart(text, start)) + text.slice(lineEnd(text, end));
}

interface Walked {
  /** The innermost mapping that was reached, in which `rest` is to be made or `pair` stands. */
  found: YAMLMap.Parsed | undefined;
  /** The last key that was found. */
  pair: Pair<ParsedNode, ParsedNode | null> | undefined;
  rest: string[];
}

function walk(text: string, path: KeyPath): Walked {
  const document = parseDocument(text, { logLevel: "error" });
  if (document.errors.length > 0) {
    throw new TypeError(`not YAML: ${document.errors[0]?.message}`);
  }
  let found: YAMLMap.Parsed | undefined = isMap(document.contents)
    ? (document.contents as YAMLMap.Parsed)
    : undefined;
  let pair: Walked["pair"];
  const rest: string[] = [...path];
  while (found !== undefined) {
    const inner: Walked["pair"] = found.items.find(({ key }) => isScalar(key) && key.value === rest[0]);
    if (inner === undefined) {
      return { found, pair: undefined, rest };
    }
    pair = inner;
    rest.shift();
    const { value } = inner;
    if (rest.length === 0) {
      return { found, pair, rest };
    }
    if (value !== null && !isMap(value) && !(isScalar(value) && value.value === null)) {
      throw new TypeError(`${path.slice(0, path.length - rest.length).join(".")} is not a mapping`);
    }
    found = isMap(value) ? (value as YAMLMap.Parsed) : undefined;
  }
  return { found, pair, rest };
}

/** Puts a value behind the colon of a key, in one line. */
function replacePair(text: string, pair: Pair<ParsedNode, ParsedNode | null>, value: unknown): string {
  const colon = text.indexOf(":", pair.key.range[1]) + 1;
  const old = pair.value;
  const empty = old === null || (isScalar(old) && old.range[0] === old.range[1]);
  const end = empty ? colon : endOf(text, pair);
  const onSameLine = !empty && !text.slice(colon, old.range[0]).includes("\n");
  return onSameLine
    ? text.slice(0, old.range[0]) + inline(value) + text.slice(end)
    : `${text.slice(0, colon)} ${inline(value)}${text.slice(end)}`;
}

function insert(text: string, map: YAMLMap.Parsed, key: string, value: unknown): string {
  const last = map.items.at(-1) as Pair<ParsedNode, ParsedNode | null> | undefined;
  if (last === undefined) {
    return text.slice(0, map.range[0]) + inline({ [key]: value }) + text.slice(map.range[1]);
  }
  const end = endOf(text, last);
  if (map.flow) {
    return `${text.slice(0, end)}, ${inline(key)}: ${inline(value)}${text.slice(end)}`;
  }
  const [first] = map.items;
  const indent = first === undefined ? 0 : first.key.range[0] - lineStart(text, first.key.range[0]);
  const after = lineEnd(text, end);
  const before = text.slice(0, after);
  return `${before}${before.endsWith("\n") ? "" : "\n"}${block({ [key]: value }, indent)}${text.slice(after)}`;
}

function startOf({ key }: Pair<ParsedNode, ParsedNode | null>): number {
  return key.range[0];
}

/** Where a pair's value ends, without the line break and the comments behind it. */
function endOf(text: string, { key, value }: Pair<ParsedNode, ParsedNode | null>): number {
  if (isMap(value) && !value.flow) {
    const last = value.items.at(-1) as Pair<ParsedNode, ParsedNode | null> | undefined;
    return last === undefined ? value.range[1] : endOf(text, last);
  }
  const end = value?.range[1] ?? text.indexOf(":", key.range[1]) + 1;
  return end - (/\s*$/.exec(text.slice(key.range[1], end))?.[0].length ?? 0);
}

function lineStart(text: string, place: number): number {
  return text.lastIndexOf("\n", place - 1) + 1;
}

/** The beginning of the next line. */
function lineEnd(text: string, place: number): number {
  const end = text.indexOf("\n", place);
  return end < 0 ? text.length : end + 1;
}

/** A value in one line: mappings with blanks inside their braces, as the shipped file has them; lists without. */
function inline(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map(inline).join(", ")}]`;
  }
  if (typeof value === "object" && value !== null) {
    const pairs = Object.entries(value).map(([key, inner]) => `${inline(key)}: ${inline(inner)}`);
    return pairs.length === 0 ? "{}" : `{ ${pairs.join(", ")} }`;
  }
  // As an element of a flow collection, so that what has a meaning there is quoted.
  return stringify([value], { collectionStyle: "flow", lineWidth: 0, flowCollectionPadding: false })
    .trim()
    .slice(1, -1);
}

function block(value: object, indent: number): string {
  const lines = (inner: object, depth: number): string[] =>
    Object.entries(inner).flatMap(([key, child]) =>
      typeof child === "object" && child !== null && !Array.isArray(child) && Object.keys(child).length > 0
        ? [`${" ".repeat(depth)}${inline(key)}:`, ...lines(child as object, depth + 2)]
        : [`${" ".repeat(depth)}${inline(key)}: ${inline(child)}`],
    );
  return `${lines(value, indent).join("\n")}\n`;
}
