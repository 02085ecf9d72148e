/** What the plugin says of changed inputs. */
import type { Exchange } from "../exchange.ts";
import { type Fields, secret, unknown } from "../messages.ts";
import { urn } from "./common.ts";

/** Kinds of difference, as the protocol numbers them. */
const added = {};
const addedReplaces = { kind: 1 };
const deleted = { kind: 2 };
const deletedReplaces = { kind: 3 };
const changed = { kind: 4 };
const changedReplaces = { kind: 5 };

const one = { create: "echo one" };
const comparing = (name: string, oldInputs: Fields, news: Fields, reply: Fields): Exchange => ({
  name,
  call: "diff",
  request: { id: "probe1", urn, olds: { ...oldInputs, stdout: "", stderr: "" }, oldInputs, news },
  reply: { changes: 2, hasdetaileddiff: true, ...reply },
});

export const differences: Exchange[] = [
  comparing("sees no change", one, one, { changes: 1 }),
  comparing(
    "updates for another command",
    one,
    { create: "b" },
    { diffs: ["create"], detaileddiff: { create: changed } },
  ),
  comparing(
    "replaces for new triggers",
    {},
    { triggers: ["a"] },
    {
      diffs: ["triggers"],
      replaces: ["triggers"],
      detaileddiff: { triggers: addedReplaces },
    },
  ),
  comparing(
    "replaces when triggers go",
    { triggers: ["a"] },
    {},
    {
      diffs: ["triggers"],
      replaces: ["triggers"],
      detaileddiff: { triggers: deletedReplaces },
    },
  ),
  comparing(
    "replaces for triggers not known yet",
    { triggers: ["a"] },
    { triggers: unknown },
    {
      diffs: ["triggers"],
      replaces: ["triggers"],
      detaileddiff: { triggers: changedReplaces },
    },
  ),
  comparing(
    "leaves it to the SDK's `replaceOnChanges` to replace for one changed trigger",
    { triggers: ["a"] },
    {
      triggers: ["b"],
    },
    { diffs: ["triggers"], detaileddiff: { "triggers[0]": changed } },
  ),
  comparing(
    "names an added trigger",
    { triggers: ["a"] },
    { triggers: ["a", "b"] },
    {
      diffs: ["triggers"],
      detaileddiff: { "triggers[1]": added },
    },
  ),
  comparing(
    "names a removed trigger",
    { triggers: ["a", "b"] },
    { triggers: ["a"] },
    {
      diffs: ["triggers"],
      detaileddiff: { "triggers[1]": deleted },
    },
  ),
  comparing(
    "sees into triggers",
    { triggers: [{ a: 1, "b.c": 2 }, ["d"]] },
    { triggers: [{ a: 2, "b.c": 3 }, ["e"]] },
    {
      diffs: ["triggers"],
      detaileddiff: { "triggers[0].a": changed, 'triggers[0]["b.c"]': changed, "triggers[1][0]": changed },
    },
  ),
  comparing(
    "tells text from number",
    { triggers: ["1"] },
    { triggers: [1] },
    {
      diffs: ["triggers"],
      detaileddiff: { "triggers[0]": changed },
    },
  ),
  comparing(
    "names an unknown trigger",
    { triggers: ["a"] },
    { triggers: [unknown] },
    {
      diffs: ["triggers"],
      detaileddiff: { "triggers[0]": changed },
    },
  ),
  comparing(
    "sees no change in the same secret",
    { triggers: [secret("a")] },
    { triggers: [secret("a")] },
    { changes: 1 },
  ),
  comparing(
    "compares a secret as a whole",
    { environment: secret({ A: "a", B: "b" }) },
    {
      environment: secret({ A: "c", B: "b" }),
    },
    { diffs: ["environment"], detaileddiff: { environment: changed } },
  ),
  comparing(
    "sees a change in a value that became secret",
    { triggers: ["a"] },
    { triggers: [secret("a")] },
    {
      diffs: ["triggers"],
      detaileddiff: { "triggers[0]": changed },
    },
  ),
  comparing(
    "sees no change in a secret input not known yet",
    one,
    { create: secret(unknown) },
    { changes: 1 },
  ),
  comparing(
    "lists every changed input",
    { ...one, dir: "/", environment: { A: "1", B: "2" } },
    { create: unknown, delete: "x", environment: { A: "2", "C-D": "3" } },
    {
      diffs: ["create", "delete", "dir", "environment"],
      detaileddiff: {
        create: changed,
        delete: added,
        dir: deleted,
        "environment.A": changed,
        "environment.B": deleted,
        'environment["C-D"]': added,
      },
    },
  ),
  comparing(
    "does not see inputs that the engine adds",
    one,
    { ...one, __internal: 1, version: "1" },
    { changes: 1 },
  ),
  {
    name: "does not see changes to be ignored",
    call: "diff",
    request: {
      id: "probe1",
      urn,
      olds: { ...one, stdout: "one", stderr: "noise" },
      oldInputs: one,
      news: { create: "b" },
      ignoreChanges: ["create"],
    },
    reply: { changes: 1, hasdetaileddiff: true },
  },
];
