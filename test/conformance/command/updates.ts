/** How a command is updated, deleted and read, with the output of the run before. */
import type { Exchange } from "../exchange.ts";
import { type Fields, secret, unknown } from "../messages.ts";
import { type Shown, shown, urn } from "./common.ts";

const one = { create: "echo one" };
const ran = { ...one, stdout: "one", stderr: "noise" };

const updating = (
  name: string,
  news: Fields,
  result: Fields,
  more: Fields = {},
  logs: Shown = [],
): Exchange => ({
  name,
  call: "update",
  request: { id: "probe1", urn, olds: ran, news, ...more },
  reply: { properties: { ...news, stdout: "", stderr: "", ...result } },
  logs,
});

const running = (name: string, news: Fields, stdout: string, more: Fields = {}): Exchange =>
  updating(name, news, { stdout }, more, shown(...stdout.split("\n")));

const previewing = (name: string, news: Fields, result: Fields): Exchange =>
  updating(name, news, result, { preview: true });

/** Prints what is set of the two, and `none` where one is not. */
const printPrevious = "printenv PULUMI_COMMAND_STDOUT PULUMI_COMMAND_STDERR || echo none";

const kept = { stdout: "one", stderr: "noise" };
const notKnown = { stdout: unknown, stderr: unknown };

export const updates: Exchange[] = [
  running("runs `create` to update", { create: "echo two" }, "two"),
  running("runs `update` where there is one", { create: "exit 1", update: "echo up" }, "up"),
  updating("keeps the output where there is neither", { delete: "x" }, kept),
  running("hands over the previous output", { create: printPrevious }, "one\nnoise"),
  running("keeps it back on demand", { create: printPrevious, addPreviousOutputInEnv: false }, "none"),
  running("hands over no empty output", { create: printPrevious }, "none", {
    olds: { ...one, stdout: "", stderr: "" },
  }),
  running(
    "lets previous output win over `environment`",
    { create: printPrevious, environment: { PULUMI_COMMAND_STDOUT: "mine" } },
    "one\nnoise",
  ),
  updating("does not keep previous output secret", { delete: "x" }, kept, {
    olds: { ...ran, stdout: secret("one") },
  }),
  updating(
    "does not update ignored inputs",
    { create: "exit 1" },
    { create: "echo one", stdout: "one" },
    { ignoreChanges: ["create"] },
    shown("one"),
  ),
  {
    name: "fails to update with the command's output",
    call: "update",
    request: { id: "probe1", urn, olds: ran, news: { create: "echo no; exit 4" } },
    error: { message: 'exit status 4: running "echo no; exit 4":\nno\n' },
    logs: shown("no"),
  },
  previewing("previews an update with unknown output", { create: "exit 1" }, notKnown),
  previewing("previews unknown inputs of an update", { create: unknown }, notKnown),
  previewing("previews a new input with known output", { ...one, delete: "x" }, kept),
];

export const endings: Exchange[] = [
  {
    name: "runs `delete` with the previous output",
    call: "delete",
    request: { id: "probe1", urn, properties: { ...ran, delete: printPrevious } },
    logs: shown("one", "noise"),
  },
  { name: "deletes without a command", call: "delete", request: { id: "probe1", urn, properties: ran } },
  {
    name: "fails to delete with the command's output",
    call: "delete",
    request: { id: "probe1", urn, properties: { ...ran, delete: "echo no; exit 5" } },
    error: { message: 'exit status 5: running "echo no; exit 5":\nno\n' },
    logs: shown("no"),
  },
  {
    name: "hands secret output to `delete` in the open",
    call: "delete",
    request: {
      id: "probe1",
      urn,
      properties: { stdout: secret("s"), stderr: "", delete: secret(printPrevious) },
    },
    logs: shown("s", "none"),
  },
  {
    name: "reads what the state holds",
    call: "read",
    request: { id: "probe1", urn, properties: ran, inputs: one },
    reply: { id: "probe1", properties: ran, inputs: one },
  },
  { name: "imports nothing", call: "read", request: { id: "x", urn }, reply: { id: "x" } },
];
