/** What was probably meant by a mistyped word. */
import leven from "leven";

/**
 * The known word that is nearest to the one written, letter case aside; undefined where none is near.
 * @param most letters that may differ. @default a third of the word, and at least 2
 */
export function nearest(
  wanted: string,
  known: readonly string[],
  most = Math.max(2, wanted.length / 3),
): string | undefined {
  const [best] = known
    .map((word) => ({ word, distance: leven(wanted.toLowerCase(), word.toLowerCase()) }))
    .sort((one, other) => one.distance - other.distance);
  return best !== undefined && best.distance <= most && best.distance < wanted.length ? best.word : undefined;
}
