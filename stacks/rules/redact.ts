// What of a wrong value may be shown. A secret that was written in the wrong place must not be repeated in a log.
import { secretNames } from "../settings/index.ts";

/** Stands for a value that is not shown. */
export const hidden = "(hidden)";

const longest = 120;

/** The value as an error may show it: hidden where it may be a secret, and never long. */
export function shownValue(path: readonly PropertyKey[], value: unknown): unknown {
  if (value === undefined || path.some((key) => soundsSecret(String(key)))) {
    return value === undefined ? undefined : hidden;
  }
  const text = JSON.stringify(value) ?? "";
  if (holdsSecret(text)) {
    return hidden;
  }
  return text.length > longest ? `${text.slice(0, longest)} …` : value;
}

/** The path as an error may show it, in one line; somebody may have written a token where a name belongs. */
export function shownPath(path: readonly PropertyKey[]): string {
  return path.map((key) => (holdsSecret(String(key)) ? hidden : String(key).replace(/\s+/g, " "))).join(".");
}

/** Names of settings, known or not, that would hold a secret. */
function soundsSecret(name: string): boolean {
  return (
    (secretNames as readonly string[]).includes(name) ||
    (/token(?!izer)|secret|passw|credential|(api|ssh|private).?key/i.test(name) &&
      name !== "huggingFaceSecret")
  );
}

/** Forms that keys and tokens have, or something written behind the flags that take them. */
function holdsSecret(text: string): boolean {
  return /\bhf_\w|\bsk-\w|PRIVATE KEY|-(api|hf)[-_]?(key|token)\w*[^\w"]*["=\s]./i.test(text);
}
