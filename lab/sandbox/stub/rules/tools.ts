/** Tools: what may be said of them, and what they need of the server. */
import { refused } from "../interface/errors.ts";
import type { ChatBody } from "../interface/request.ts";
import { does } from "../interface/versions.ts";
import { early, type Rule } from "./rule.ts";

export const toolFields: Rule = (asked, { version }) => {
  if (asked.kind === "completion" || asked.body.tool_choice === "none") return undefined;
  const { tools, tool_choice: choice } = asked.body;
  if (tools?.length === 0 && does(version, "refuses empty tools")) {
    return early(
      "`tools` must not be an empty array. Either provide at least one tool or omit the field entirely.",
      "tools",
    );
  }
  if (choice === undefined || choice === null) return undefined;
  if (!tools) return early("When using `tool_choice`, `tools` must be set.", "tool_choice");
  const name = namedTool(choice);
  if (name === undefined) {
    return choice === "auto" || choice === "required"
      ? undefined
      : early(
          `Invalid value for \`tool_choice\`: ${String(choice)}! Only named tools, "none", "auto" or "required" are supported.`,
          "tool_choice",
        );
  }
  return toolNames(asked.body).includes(name)
    ? undefined
    : early("The tool specified in `tool_choice` does not match any of the specified `tools`", "tool_choice");
};

const namedTool = (choice: unknown): string | undefined =>
  (choice as { function?: { name?: string } }).function?.name;
const toolNames = ({ tools }: ChatBody): (string | undefined)[] => (tools ?? []).map(namedTool);

export const toolsNeedFlags: Rule = (asked, { callsTools, version }) => {
  if (asked.kind === "completion" || callsTools || !asked.body.tools?.length) return undefined;
  const choice = asked.body.tool_choice ?? "auto";
  if (choice === "none" || (choice !== "auto" && !does(version, "needs a parser for any tool"))) {
    return undefined;
  }
  return refused(
    choice === "auto"
      ? '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'
      : `tool_choice=${choice === "required" ? '"required"' : `function "${namedTool(choice)}"`} requires --tool-call-parser to be set`,
  );
};
