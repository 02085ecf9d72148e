/** How inputs are checked. */
import type { Exchange } from "../exchange.ts";
import { type Fields, secret, unknown } from "../messages.ts";
import { urn } from "./common.ts";

const checking = (name: string, news: Fields, inputs: Fields, failures?: Fields[]): Exchange => ({
  name,
  call: "check",
  request: { urn, news },
  reply: { ...(Object.keys(inputs).length > 0 && { inputs }), ...(failures && { failures }) },
});

const wrongType = (property: string, wanted: string, got: string) => ({
  property,
  reason: `Field '${property}' on 'local.CommandInputs' must be a '${wanted}'; got '${got}' instead`,
});

const wrong = {
  triggers: "a",
  create: 5,
  update: true,
  interpreter: [1],
  environment: "x",
  addPreviousOutputInEnv: "yes",
};
const marked = {
  create: secret("a"),
  environment: { A: secret("b") },
  triggers: [secret("c"), 1, { d: true }, null],
};
const unknowns = { create: unknown, environment: { A: unknown }, triggers: [unknown] };

export const checks: Exchange[] = [
  checking("sets no defaults", { create: "a" }, { create: "a" }),
  checking("accepts a command without any input", {}, {}),
  checking("drops inputs that are null", { create: null, triggers: null, dir: "/" }, { dir: "/" }),
  checking("keeps secrets marked", marked, marked),
  checking("keeps unknown values", unknowns, unknowns),
  checking("does not check the value of `logging`", { logging: "loud" }, { logging: "loud" }),
  checking("refuses inputs of a wrong type, all at once", wrong, wrong, [
    wrongType("triggers", "[]interface {}", "string"),
    wrongType("create", "string", "float64"),
    wrongType("update", "string", "bool"),
    wrongType("interpreter[0]", "string", "float64"),
    wrongType("environment", "map[string]string", "string"),
    wrongType("addPreviousOutputInEnv", "bool", "string"),
  ]),
  checking("refuses a variable that is no text", { environment: { A: 1 } }, { environment: { A: 1 } }, [
    wrongType("environment[A] value", "string", "float64"),
  ]),
  checking("refuses an input it does not know", { bogus: 1 }, { bogus: 1 }, [
    { property: "bogus", reason: "Unrecognized field 'bogus' on 'local.CommandInputs'" },
  ]),
  {
    ...checking("refuses to collect files", { assetPaths: ["*"] }, { assetPaths: ["*"] }, [
      {
        property: "assetPaths",
        reason: /needs the official plugin: pulumi plugin install resource command 1\.2\.1/,
      },
    ]),
    only: "stand-in",
  },
];
