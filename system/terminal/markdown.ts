/** Text of others in a Markdown document that GitHub shows: it can neither leave its place nor call anybody. */

/** As text that is only text: no mark-up, no mention, no number of an issue, no comment. */
export function escaped(text: string): string {
  // GitHub looks for mentions and numbers when entities are resolved, so these need something behind them that nobody sees.
  return entities(text).replace(/&#(35|64);/g, "$&&#8203;");
}

/** In code it looks for neither. */
export function code(text: string): string {
  return `<code>${entities(text)}</code>`;
}

function entities(text: string): string {
  return oneLine(text).replace(/[&<>@#|`*_~[\]\\!]/g, (one) => `&#${one.charCodeAt(0)};`);
}

/** Lines in a fence that none of them can close. @param language such as `diff` */
export function fenced(lines: readonly string[], language = ""): string[] {
  const longest = Math.max(2, ...[...lines.join("\n").matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return [`${fence}${language}`, ...lines, fence];
}

function oneLine(text: string): string {
  return text
    .split("\n")
    .map((line) => line.trim())
    .join(" ");
}
