/** How a password is created, compared, updated, read, imported and deleted. */
import type { Exchange } from "../exchange.ts";
import { type Fields, secret, unknown } from "../messages.ts";
import { bookkeeping, defaults, urn } from "./common.ts";

const creating = (name: string, inputs: Fields, password: RegExp, changes: Fields = {}): Exchange => ({
  name,
  call: "create",
  request: { urn, properties: inputs },
  reply: {
    id: "none",
    properties: {
      ...defaults,
      ...inputs,
      ...changes,
      ...bookkeeping(inputs),
      id: "none",
      result: secret(password),
      bcryptHash: secret(/^\$2a\$10\$[./A-Za-z0-9]{53}$/),
    },
  },
});

const previewing = (name: string, inputs: Fields, changes: Fields = {}): Exchange => ({
  name,
  call: "create",
  request: { urn, preview: true, properties: inputs },
  reply: {
    properties: { ...defaults, ...inputs, ...changes, id: unknown, result: unknown, bcryptHash: unknown },
  },
});

const onlySpecial = { lower: false, upper: false, numeric: false, number: false };

export const creations: Exchange[] = [
  creating(
    "creates with all classes, and a secret result",
    { length: 16 },
    /^[A-Za-z0-9!@#$%&*()\-_=+[\]{}<>:?]{16}$/,
  ),
  creating("creates more than bcrypt looks at", { length: 100 }, /^.{100}$/),
  creating("leaves out a class", { length: 40, numeric: false }, /^[^0-9]{40}$/, { number: false }),
  creating("takes `number` for `numeric`", { length: 40, number: false }, /^[^0-9]{40}$/, { numeric: false }),
  creating(
    "draws the minimum of a class, even of one switched off",
    { ...onlySpecial, length: 4, minLower: 4 },
    /^[a-z]{4}$/,
  ),
  creating(
    "draws all minimums",
    { length: 4, minLower: 1, minUpper: 1, minNumeric: 1, minSpecial: 1 },
    /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^A-Za-z\d])/,
  ),
  creating(
    "uses other special characters",
    { ...onlySpecial, length: 4, overrideSpecial: "_é" },
    /^[_é]{4}$/,
  ),
  creating("takes no other special characters for none", { length: 4, overrideSpecial: "" }, /^.{4}$/),
  creating("keeps keepers", { length: 4, keepers: { a: "1" } }, /^.{4}$/),
  creating("keeps keepers as text", { length: 4, keepers: { a: 1, b: true } }, /^.{4}$/, {
    keepers: { a: "1", b: "true" },
  }),
  creating("reads a length given as text", { length: "4" }, /^.{4}$/, { length: 4 }),
  {
    name: "refuses `number` and `numeric` that differ",
    call: "create",
    request: { urn, properties: { length: 4, number: false, numeric: true } },
    error: {
      message:
        /Number and numeric are both configured with different values - Number is deprecated, use numeric/,
    },
  },
  previewing("previews with defaults and an unknown result", { length: 16 }),
  previewing(
    "previews unknown inputs",
    { length: unknown, numeric: false, keepers: { a: unknown } },
    { number: false },
  ),
];

const stored = (changes: Fields = {}): Fields => ({
  ...defaults,
  ...bookkeeping(changes),
  length: 4,
  id: "none",
  result: secret("a1B!"),
  bcryptHash: secret("$2a$10$not.a.real.hash"),
  ...changes,
});

const comparing = (
  name: string,
  state: Fields,
  news: Fields,
  result: "same" | "update" | string[],
): Exchange => ({
  name,
  call: "diff",
  request: {
    id: "none",
    urn,
    olds: stored(state),
    oldInputs: { length: 4, ...state },
    news: { length: 4, ...news },
  },
  reply:
    result === "same"
      ? { changes: 1 }
      : result === "update"
        ? { changes: 2, diffs: Object.keys({ ...state, ...news }) }
        : { changes: 2, diffs: result, replaces: result },
});

export const differences: Exchange[] = [
  comparing("sees no change", {}, {}, "same"),
  comparing("sees no change in a default written out", {}, { special: true, minLower: 0 }, "same"),
  comparing("sees no change in a length as text", {}, { length: "4" }, "same"),
  comparing("replaces for another length", {}, { length: 5 }, ["length"]),
  comparing("replaces for a length not known yet", {}, { length: unknown }, ["length"]),
  comparing("replaces for other classes", {}, { special: false, minLower: 1 }, ["minLower", "special"]),
  comparing("replaces for `numeric`, under both names", {}, { numeric: false }, ["number", "numeric"]),
  comparing("sees no change in the same keepers", { keepers: { a: "1" } }, { keepers: { a: "1" } }, "same"),
  comparing("replaces for new keepers", {}, { keepers: { a: "1" } }, ["keepers"]),
  comparing("replaces for changed keepers", { keepers: { a: "1" } }, { keepers: { a: "2" } }, ["keepers"]),
  comparing("replaces for one more keeper", { keepers: { a: "1" } }, { keepers: { a: "1", b: "2" } }, [
    "keepers",
  ]),
  comparing("replaces when keepers go", { keepers: { a: "1" } }, {}, ["keepers"]),
  comparing("replaces for a keeper not known yet", { keepers: { a: "1" } }, { keepers: { a: unknown } }, [
    "keepers",
  ]),
  comparing("updates for empty keepers", {}, { keepers: {} }, "update"),
  comparing("updates when empty keepers go", { keepers: {} }, {}, "update"),
  comparing("updates for keepers without a value", {}, { keepers: { a: null } }, "update"),
  comparing("replaces for other special characters", { overrideSpecial: "_" }, { overrideSpecial: "-" }, [
    "overrideSpecial",
  ]),
  comparing("replaces when other special characters go", { overrideSpecial: "_" }, {}, ["overrideSpecial"]),
  comparing("updates when an empty list of them goes", { overrideSpecial: "" }, {}, "update"),
  {
    name: "does not see changes to be ignored",
    call: "diff",
    request: {
      id: "none",
      urn,
      olds: stored(),
      oldInputs: { length: 4 },
      news: { length: 5 },
      ignoreChanges: ["length"],
    },
    reply: { changes: 1 },
  },
];

export const endings: Exchange[] = [
  {
    name: "keeps the password in an update",
    call: "update",
    request: { id: "none", urn, olds: stored(), oldInputs: { length: 4 }, news: { length: 4, keepers: {} } },
    reply: { properties: stored({ keepers: {} }) },
  },
  {
    name: "reads what the state holds",
    call: "read",
    request: { id: "none", urn, properties: stored(), inputs: { length: 4, __defaults: [] } },
    reply: { id: "none", properties: stored(), inputs: { length: 4 } },
  },
  {
    name: "imports a password by its value",
    call: "read",
    request: { id: "s3cret", urn },
    reply: {
      id: "none",
      properties: stored({ length: 6, result: secret("s3cret"), bcryptHash: secret(/^\$2a\$10\$/) }),
      inputs: { length: 6, lower: true, upper: true, number: true, numeric: true, special: true },
    },
  },
  { name: "deletes", call: "delete", request: { id: "none", urn, properties: stored() } },
];
