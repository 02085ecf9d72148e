/**
 * Text that others wrote: a cluster's, a node's, a server's. It is made harmless where it is read, so that whatever shows it later
 * shows what it says. On a terminal a raw control character clears the screen, forges a line or fills the clipboard.
 */
import { stripVTControlCharacters } from "node:util";

/** Characters that act and are not seen: controls but tab and line end, and those that turn the direction of writing. */
const acting = /\r(?!\n)|(?![\t\n\r])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu;

/** The text with each character that acts in the way JSON writes it: `\u001b`. Lines stay. */
export function harmless(text: string): string {
  return text.replace(acting, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A log as lines: without the colours that programs give it, and with one line for each state of a progress bar. */
export function harmlessLog(text: string): string {
  return harmless(stripVTControlCharacters(text).replace(/\r+\n?/g, "\n"));
}

/** How JSON may write such a character, or have it as it is; a word that only looks so costs time and nothing else. */
const mayAct = /\\u00(?:[0189]|7f)|\\u20[26]|\\[bfr]|[\x7f-\x9f\u202a-\u202e\u2066-\u2069]/i;

/** JSON with every string in it made harmless. @throws SyntaxError */
export function parseHarmless(text: string): unknown {
  return JSON.parse(
    text,
    mayAct.test(text)
      ? (_, value: unknown) => (typeof value === "string" ? harmless(value) : value)
      : undefined,
  );
}

/** Foreign text as it may stand in a message: one line, printable, at most 200 characters. */
export function oneLine(text: string): string {
  const line = text.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]+/gu, " ").trim();
  return line.length > 200 ? `${line.slice(0, 200)} …` : line;
}

/** A text of any length in one line, so that it cannot pass for two. */
export function inOneLine(text: string): string {
  const [first = "", ...others] = text.split("\n");
  return others.length === 0 ? text : [first.trimEnd(), ...others.map((line) => line.trim())].join(" ");
}
