/** What a stand-in says, in place of the official plugin's answer, of what this project does not use. */
import type { Exchange } from "./exchange.ts";

/** The text of a refusal. */
export const refusal = (asked: string, plugin: "command 1.2.1" | "random 4.21.2") =>
  new RegExp(
    `^${asked} is not known to the stand-in .* official plugin knows .* pulumi plugin install resource ${plugin}$`,
  );

/** Every call about another resource type is refused, so already a preview. */
export function otherType(type: string, plugin: Parameters<typeof refusal>[1]): Exchange[] {
  return (["check", "diff", "create", "read", "update", "delete"] as const).map((call) => ({
    name: `names the official plugin for another resource type (${call})`,
    call,
    request: { urn: `urn:pulumi:dev::conformance::${type}::probe` },
    error: { code: 5, message: refusal(type, plugin) },
    only: "stand-in",
  }));
}

/** One check in which all inputs but the known ones are refused. */
export function otherInputs(
  urn: string,
  known: Record<string, unknown>,
  others: Record<string, unknown>,
  plugin: Parameters<typeof refusal>[1],
): Exchange {
  return {
    name: "names the official plugin for every other input",
    call: "check",
    request: { urn, news: { ...known, ...others } },
    reply: {
      inputs: { ...known, ...others },
      failures: Object.keys(others).map((property) => ({
        property,
        reason: refusal(`The input "${property}"`, plugin),
      })),
    },
    only: "stand-in",
  };
}
