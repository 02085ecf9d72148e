/** How a password is created, compared, read and deleted. */
import type { Exchange } from "../exchange.ts";
import { type Fields, secret, unknown } from "../messages.ts";
import { refusal } from "../refusals.ts";
import { bookkeeping, defaults, urn } from "./common.ts";

const creating = (name: string, inputs: Fields, password: RegExp): Exchange => ({
  name,
  call: "create",
  request: { urn, properties: inputs },
  reply: {
    id: "none",
    properties: {
      ...defaults,
      ...inputs,
      ...bookkeeping,
      id: "none",
      result: secret(password),
      bcryptHash: secret(/^\$2a\$10\$[./A-Za-z0-9]{53}$/),
    },
  },
});

const previewing = (name: string, inputs: Fields): Exchange => ({
  name,
  call: "create",
  request: { urn, preview: true, properties: inputs },
  reply: { properties: { ...defaults, ...inputs, id: unknown, result: unknown, bcryptHash: unknown } },
});

export const creations: Exchange[] = [
  creating(
    "creates with all classes, and a secret result",
    { length: 16 },
    /^[A-Za-z0-9!@#$%&*()\-_=+[\]{}<>:?]{16}$/,
  ),
  creating("leaves out special characters", { length: 400, special: false }, /^[A-Za-z0-9]{400}$/),
  previewing("previews with defaults and an unknown result", { length: 16 }),
  previewing("previews unknown inputs", { length: unknown, special: unknown }),
];

const stored = {
  ...defaults,
  ...bookkeeping,
  length: 4,
  id: "none",
  result: secret("a1B!"),
  bcryptHash: secret("$2a$10$not.a.real.hash"),
};

const comparing = (name: string, news: Fields, ...replaces: string[]): Exchange => ({
  name,
  call: "diff",
  request: { id: "none", urn, olds: stored, oldInputs: { length: 4 }, news: { length: 4, ...news } },
  reply: replaces.length === 0 ? { changes: 1 } : { changes: 2, diffs: replaces, replaces },
});

export const differences: Exchange[] = [
  comparing("sees no change", {}),
  comparing("sees no change in a default written out", { special: true }),
  comparing("replaces for another length", { length: 5 }, "length"),
  comparing("replaces for a length not known yet", { length: unknown }, "length"),
  comparing("replaces for another class", { special: false }, "special"),
];

export const endings: Exchange[] = [
  {
    name: "reads what the state holds",
    call: "read",
    request: { id: "none", urn, properties: stored, inputs: { length: 4 } },
    reply: { id: "none", properties: stored, inputs: { length: 4 } },
  },
  {
    name: "names the official plugin for an import",
    call: "read",
    request: { id: "s3cret", urn },
    error: { code: 5, message: refusal("Importing a password", "random 4.21.2") },
    only: "stand-in",
  },
  { name: "deletes", call: "delete", request: { id: "none", urn, properties: stored } },
];
