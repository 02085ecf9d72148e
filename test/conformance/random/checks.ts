/** How inputs are checked. */
import type { Exchange } from "../exchange.ts";
import { type Fields, secret, unknown } from "../messages.ts";
import { urn } from "./common.ts";

const checking = (name: string, news: Fields, ...reasons: (string | RegExp)[]): Exchange => ({
  name,
  call: "check",
  request: { urn, news },
  reply: {
    ...(Object.keys(news).length > 0 && { inputs: news }),
    ...(reasons.length > 0 && { failures: reasons.map((reason) => ({ reason })) }),
  },
});

const noClass = (name: string) =>
  `Invalid Attribute Combination. At least one attribute out of [special,upper,lower,${name}] must be specified as true. ` +
  `Examine values at 'probe.${name}'.`;
const badLength = (rule: string) =>
  `Invalid Attribute Value. Attribute length value must be at least ${rule}. Examine values at 'probe.length'.`;
const off = { lower: false, upper: false, special: false };
const deprecated = {
  severity: "warning",
  message: '[WARNING] property "number" is deprecated: **NOTE**: This is deprecated, use `numeric` instead.',
  urn,
  ephemeral: false,
} as const;
const cannotEncode =
  "cannot encode resource inputs to call ValidateResourceConfig: objectEncoder failed on property";

export const checks: Exchange[] = [
  checking("sets no defaults in the inputs", { length: 16 }),
  checking("accepts the length as text", { length: "16" }),
  checking("keeps unknown values", { length: unknown, special: unknown, keepers: { a: unknown } }),
  checking(
    "asks for a length",
    {},
    /^Missing required property 'length': The length of the string desired\. The minimum value for length is 1 and, /,
  ),
  checking("refuses length 0", { length: 0 }, badLength("1, got: 0")),
  checking(
    "refuses a length that is not whole",
    { length: 1.5 },
    /^Configuration Read Error\. .* is not an integer/s,
  ),
  checking(
    "refuses more minimums than length",
    { length: 3, minLower: 2, minUpper: 2 },
    badLength("sum of min_upper + min_lower + min_numeric + min_special, got: 3"),
  ),
  checking("waits for minimums that are unknown", { length: 3, minLower: 4, minUpper: unknown }),
  checking("refuses every class switched off", { ...off, length: 3, numeric: false }, noClass("numeric")),
  checking(
    "gives all reasons at once",
    { ...off, length: 0, numeric: false },
    noClass("numeric"),
    badLength("1, got: 0"),
  ),
  checking("accepts three classes switched off", { ...off, length: 3 }),
  {
    ...checking("warns of the old name `number`", { ...off, length: 3, number: false }, noClass("number")),
    logs: [deprecated],
  },
  {
    name: "gives secrets back in the open",
    call: "check",
    request: { urn, news: { length: secret(12), keepers: { a: secret("x") } } },
    reply: { inputs: { length: 12, keepers: { a: "x" } } },
  },
  ...Object.entries({
    length: { value: "x", message: "Expected a Number" },
    special: { value: "false", message: "Expected a Boolean" },
    keepers: { value: "x", message: "Expected an Object PropertyValue" },
  }).map(
    ([property, { value, message }]): Exchange => ({
      name: `refuses ${property} of a wrong type`,
      call: "check",
      request: { urn, news: { length: 12, [property]: value } },
      error: { message: new RegExp(`^${cannotEncode} "${property}": ${message}`) },
    }),
  ),
  {
    ...checking(
      "refuses a negative minimum",
      { length: 3, minLower: -1 },
      /^Invalid Attribute Value\. Attribute minLower /,
    ),
    only: "stand-in", // the official plugin crashes when it creates
  },
];
