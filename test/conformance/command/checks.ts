/** How inputs are checked. */
import type { Exchange } from "../exchange.ts";
import { type Fields, secret, unknown } from "../messages.ts";
import { otherInputs } from "../refusals.ts";
import { urn } from "./common.ts";

const checking = (name: string, news: Fields, failures?: Fields[]): Exchange => ({
  name,
  call: "check",
  request: { urn, news },
  reply: { ...(Object.keys(news).length > 0 && { inputs: news }), ...(failures && { failures }) },
});

const wrongType = (property: string, wanted: string, got: string) => ({
  property,
  reason: `Field '${property}' on 'local.CommandInputs' must be a '${wanted}'; got '${got}' instead`,
});

const wrong = { create: 5, update: true, environment: "x", addPreviousOutputInEnv: "yes" };
const others = { archivePaths: [], assetPaths: ["*"], dir: "/", interpreter: ["x"], triggers: secret(["a"]) };

export const checks: Exchange[] = [
  checking("sets no defaults", { create: "a" }),
  checking("accepts a command without any input", {}),
  checking("keeps secrets marked", { create: secret("a"), environment: { A: secret("b") } }),
  checking("keeps unknown values", { create: unknown, environment: { A: unknown } }),
  checking("does not check the value of `logging`", { logging: "loud" }),
  checking("refuses inputs of a wrong type, all at once", wrong, [
    wrongType("create", "string", "float64"),
    wrongType("update", "string", "bool"),
    wrongType("environment", "map[string]string", "string"),
    wrongType("addPreviousOutputInEnv", "bool", "string"),
  ]),
  checking("refuses a variable that is no text", { environment: { A: 1 } }, [
    wrongType("environment[A] value", "string", "float64"),
  ]),
  otherInputs(urn, {}, others, "command 1.2.1"),
];
