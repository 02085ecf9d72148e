/** Whether an answer has a shape: what must be in it, while it may have more. */

/** A pattern is for a text, a function for anything else, an object for some of its fields. */
export type Shape =
  | null
  | string
  | number
  | boolean
  | RegExp
  | ((found: unknown) => boolean)
  | readonly Shape[]
  | { readonly [field: string]: Shape };

export const absent = (found: unknown): boolean => found === undefined;
export const aText = (found: unknown): boolean => typeof found === "string";
export const aNumber = (found: unknown): boolean => typeof found === "number";

/** Everything in which it differs, a line each. @param at where, for the text */
export function differences(found: unknown, shape: Shape, at: string): string[] {
  const told = (wanted: unknown): string[] => [
    `${at} is ${JSON.stringify(found)}, and not ${String(wanted)}`,
  ];
  if (shape instanceof RegExp) return typeof found === "string" && shape.test(found) ? [] : told(shape);
  if (typeof shape === "function") return shape(found) ? [] : told(shape.name || "what it must be");
  if (Array.isArray(shape)) {
    if (!Array.isArray(found) || found.length !== shape.length) return told(`a list of ${shape.length}`);
    return shape.flatMap((one, place) => differences(found[place], one, `${at}[${place}]`));
  }
  if (typeof shape === "object" && shape !== null) {
    if (typeof found !== "object" || found === null) return told("an object");
    return Object.entries(shape).flatMap(([field, one]) =>
      differences((found as Record<string, unknown>)[field], one, `${at}.${field}`),
    );
  }
  return found === shape ? [] : told(JSON.stringify(shape));
}
