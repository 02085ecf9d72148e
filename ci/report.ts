/** Reads a report that anybody may have written: a fork's own code made it. */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { Failure, wordsOf } from "./command.ts";
import { linesOf } from "./record.ts";

/** GitHub takes 65,536 characters of a comment; the rest is for the lines that the scripts put before it. */
export const mostBytes = 65_536 - 1_024;

/** A report, or why there is none that may be posted, as a sentence. */
export type Report = { readonly lines: readonly string[] } | { readonly refused: string };

/** @param marker what the first line has to be; the report comes without it */
export async function readReport(path: string, marker: string): Promise<Report> {
  const read = await readSmall(path, mostBytes);
  if (typeof read !== "string") return read;
  const [first, ...lines] = linesOf(harmless(read).trimEnd());
  return first === marker ? { lines } : { refused: `Its first line is not ${JSON.stringify(marker)}.` };
}

/** A file's text; a larger one is not read at all, and a link is not followed. */
export async function readSmall(path: string, most: number): Promise<string | { refused: string }> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ELOOP") return undefined;
      throw new Failure(`The report cannot be read: ${wordsOf(error)}`);
    },
  );
  if (file === undefined) return { refused: "There is no such file." };
  try {
    const status = await file.stat();
    if (!status.isFile()) return { refused: "It is no file." };
    if (status.size > most) {
      return {
        refused: `It has ${status.size.toLocaleString("en")} bytes, more than ${most.toLocaleString("en")}.`,
      };
    }
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

/**
 * What calls somebody by name, or refers to an issue. GitHub looks for these when mark-up and entities are resolved, so a name may begin
 * with an entity, and what stands before may be mark-up.
 */
const mention = /(?<![a-z0-9])(?:@|&#0*64;|&#x0*40;|&commat;)(?=[\w&])/gi;
const reference = /(?:(?<!&)#|&#0*35;|&#x0*23;|&num;|\bGH-)(?=[\d&])/gi;

/** Control characters, and those that make text read in another order than it is written. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be posted
const unseen = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** The same text for a reader, with nobody called and nothing hidden by its direction. A report of this project is left as it reads. */
export function harmless(text: string): string {
  return text
    .replace(/\r\n/g, "\n")
    .replace(unseen, "")
    .replace(mention, "$&\u200b")
    .replace(reference, "$&\u200b");
}
