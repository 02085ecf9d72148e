// How the words of a command line are read, as vLLM's own parser reads them.

/** The word as it may be shown: a key or token that was written behind its flag stays hidden. */
export function shownArgument(words: readonly string[], index: number): string {
  const word = words[index] ?? "";
  return isFlag(word) ? (word.split(/[=\s]/)[0] ?? "") : word;
}

/** What stands behind the flag: in its own word, or in the next. */
export function valueBehind(words: readonly string[], index: number): string {
  const word = words[index] ?? "";
  const [, joined] = /^[^=\s]*[=\s](.*)$/.exec(word) ?? [];
  const next = words[index + 1] ?? "";
  return (joined ?? (isFlag(next) ? "" : next)).trim();
}

/** What stands behind the last of the flags, which is the one that counts for the server; undefined where there is none. */
export function lastValue(words: readonly string[], flags: readonly string[]): string | undefined {
  const at = words.findLastIndex((word) => namesFlag(word, flags));
  return at < 0 ? undefined : valueBehind(words, at);
}

/** A flag, and not a value such as `-1`. */
export function isFlag(word: string): boolean {
  return /^--?[^-\d\s]/.test(word);
}

/** The flag's name as vLLM's parser reads it, which takes underscores for dashes. */
export function flagOf(word: string): string {
  return (word.split(/[=\s]/)[0] ?? "").replaceAll("_", "-");
}

/** Whether the word is one of the flags. vLLM's parser takes any beginning of a flag for the flag. */
export function namesFlag(word: string, flags: readonly string[]): boolean {
  const flag = flagOf(word);
  return (
    isFlag(word) &&
    flags.some((known) => (known.startsWith("--") ? known.startsWith(flag) : flag.startsWith(known)))
  );
}
