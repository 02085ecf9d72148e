/** What all tables of `random:index/randomPassword:RandomPassword` use. */
import { secret } from "../messages.ts";

export const urn = "urn:pulumi:dev::conformance::random:index/randomPassword:RandomPassword::probe";

/** What the state holds of inputs that are not given. */
export const defaults = {
  lower: true,
  upper: true,
  number: true,
  numeric: true,
  special: true,
  minLower: 0,
  minUpper: 0,
  minNumeric: 0,
  minSpecial: 0,
};

const absent = secret({ replace: { raw: null } });

/** What the plugin's framework stores of properties that have no value. */
export const bookkeeping = {
  __meta: '{"schema_version":"3"}',
  __pulumi_raw_state_delta: { obj: { ps: { keepers: absent, overrideSpecial: absent } } },
};
