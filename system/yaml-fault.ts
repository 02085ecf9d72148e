/** Why a text is no YAML, without a word of what stands there: it may be a secret in the wrong place. */

/**
 * `Nested mappings are not allowed in compact mappings at line 6, column 12`.
 * @param error of the package `yaml`, which quotes the line below its sentence, and words of the text within it.
 */
export function yamlFault(error: unknown): string {
  const [sentence = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
  const [, what = "", at = ""] = /^(.*?)( at line \d+, column \d+)?:?$/.exec(sentence) ?? [];
  const [own = ""] = what.split(": ");
  return `${own.replace(/(?<=^|\s)[!*&|>%\\]\S+/g, "…")}${at}`;
}
