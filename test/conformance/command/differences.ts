/** What the plugin says of changed inputs. */
import type { Exchange } from "../exchange.ts";
import { type Fields, secret, unknown } from "../messages.ts";
import { urn } from "./common.ts";

/** Kinds of difference, as the protocol numbers them. */
const added = {};
const deleted = { kind: 2 };
const changed = { kind: 4 };

const one = { create: "echo one" };

/** @param detaileddiff differences by path; none where there is no change */
const comparing = (
  name: string,
  oldInputs: Fields,
  news: Fields,
  detaileddiff: Record<string, Fields> = {},
  more: Fields = {},
): Exchange => {
  const diffs = new Set(Object.keys(detaileddiff).map((path) => path.split(".")[0]));
  return {
    name,
    call: "diff",
    request: { id: "probe1", urn, olds: { ...oldInputs, stdout: "", stderr: "" }, oldInputs, news, ...more },
    reply: {
      hasdetaileddiff: true,
      ...(diffs.size === 0 ? { changes: 1 } : { changes: 2, diffs: [...diffs], detaileddiff }),
    },
  };
};

export const differences: Exchange[] = [
  comparing("sees no change", one, one),
  comparing("updates for another command", one, { create: "b" }, { create: changed }),
  comparing(
    "lists every changed input",
    { ...one, stdin: "in", environment: { A: "1", B: "2" } },
    { create: unknown, delete: "x", environment: { A: "2", C: "3" } },
    {
      create: changed,
      delete: added,
      stdin: deleted,
      "environment.A": changed,
      "environment.B": deleted,
      "environment.C": added,
    },
  ),
  comparing("sees no change in the same secret", { create: secret("a") }, { create: secret("a") }),
  comparing(
    "compares a secret as a whole",
    { environment: secret({ A: "a", B: "b" }) },
    { environment: secret({ A: "c", B: "b" }) },
    { environment: changed },
  ),
  comparing(
    "sees a change in a value that became secret",
    one,
    { create: secret(one.create) },
    { create: changed },
  ),
  comparing("sees no change in a secret input not known yet", one, { create: secret(unknown) }),
  comparing("does not see changes to be ignored", one, { create: "b" }, {}, { ignoreChanges: ["create"] }),
];
