/** How inputs are checked. */
import type { Exchange } from "../exchange.ts";
import { type Fields, unknown } from "../messages.ts";
import { otherInputs } from "../refusals.ts";
import { urn } from "./common.ts";

const checking = (name: string, news: Fields, reason?: string | RegExp): Exchange => ({
  name,
  call: "check",
  request: { urn, news },
  reply: { ...(Object.keys(news).length > 0 && { inputs: news }), ...(reason && { failures: [{ reason }] }) },
});

const wrongType = (property: string, value: string, message: string): Exchange => ({
  name: `refuses "${value}" for ${property}`,
  call: "check",
  request: { urn, news: { length: 12, [property]: value } },
  error: {
    message: new RegExp(
      `^cannot encode resource inputs to call ValidateResourceConfig: objectEncoder failed on property "${property}": ${message}`,
    ),
  },
});

const others = {
  keepers: { a: "1" },
  lower: true,
  minLower: 1,
  minNumeric: 1,
  minSpecial: 1,
  minUpper: 1,
  number: true,
  numeric: true,
  overrideSpecial: "_",
  upper: unknown,
};

export const checks: Exchange[] = [
  checking("sets no defaults in the inputs", { length: 16 }),
  checking("keeps unknown values", { length: unknown, special: unknown }),
  checking(
    "asks for a length",
    {},
    /^Missing required property 'length': The length of the string desired\. /,
  ),
  checking(
    "refuses length 0",
    { length: 0 },
    "Invalid Attribute Value. Attribute length value must be at least 1, got: 0. Examine values at 'probe.length'.",
  ),
  checking(
    "refuses a length that is not whole",
    { length: 1.5 },
    /^Configuration Read Error\. .* is not an integer/s,
  ),
  wrongType("length", "x", "Expected a Number"),
  wrongType("special", "false", "Expected a Boolean"),
  { ...wrongType("length", "16", "Expected a Number"), only: "stand-in" },
  otherInputs(urn, { length: 12 }, others, "random 4.21.2"),
];
