/** A container's arguments, compared by their flags. Pure. */
import { isDeepStrictEqual } from "node:util";
import type { FieldChange } from "./changes.ts";

/**
 * A change of a list of arguments as changes of its flags, `args[--max-model-len]`, with the words behind them as values; any other
 * change, and one of nothing but the flags' order, as it is.
 */
export function byFlags(change: FieldChange): FieldChange[] {
  const { field, declared, found } = change;
  if (!field.endsWith(".args") || !isWords(declared) || !isWords(found)) {
    return [change];
  }
  const [wanted, live] = [wordsByFlag(declared), wordsByFlag(found)];
  const changes = [...new Set([...wanted.keys(), ...live.keys()])]
    .map((flag) => ({ field: `${field}[${flag}]`, declared: wanted.get(flag), found: live.get(flag) }))
    .filter((one) => !isDeepStrictEqual(one.declared, one.found));
  return changes.length === 0 ? [change] : changes;
}

/** `--port 8000` and `--port=8000` are one. A flag that is given twice has the words of both. */
function wordsByFlag(words: readonly string[]): Map<string, string[]> {
  const result = new Map<string, string[]>();
  let flag = "";
  for (const word of words) {
    const [, name, value] = /^(--?[A-Za-z][\w.-]*)(?:=(.*))?$/s.exec(word) ?? [];
    flag = name ?? flag;
    const before = result.get(flag) ?? [];
    result.set(
      flag,
      name === undefined ? [...before, word] : value === undefined ? before : [...before, value],
    );
  }
  return result;
}

function isWords(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((word) => typeof word === "string");
}
