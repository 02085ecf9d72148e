/** Writes what was measured into a page of the documentation, between the marks that name the command which makes it again. */
import { readFile, writeFile } from "node:fs/promises";
import { UserError } from "../system/errors.ts";

/**
 * Replaces what stands between the marks; all else of the page is a person's.
 * @param command such as `npm run bench -- gateway`; the page's mark has it, and behind it the option with the page's name
 * @throws UserError where the page has no such marks
 */
export async function writeInto(document: string, command: string, text: string): Promise<void> {
  const page = await readFile(document, "utf8");
  await writeFile(document, withSection(page, { document, command, text }));
}

/** The page with the text in its place. Pure. */
export function withSection(
  page: string,
  { document, command, text }: { document: string; command: string; text: string },
): string {
  const start = `<!-- made by \`${command} --document ${document}\`; not edited by hand -->`;
  const end = "<!-- end -->";
  const from = page.indexOf(start);
  const to = page.indexOf(end, from);
  if (from < 0 || to < 0) {
    throw new UserError(
      `${document} has no place for what was measured: write these two lines where it belongs.\n  ${start}\n  ${end}`,
    );
  }
  return `${page.slice(0, from + start.length)}\n\n${text.trim()}\n\n${page.slice(to)}`;
}
