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
  logs: Shown = [],
  more: Fields = {},
): Exchange => ({
  name,
  call: "update",
  request: { id: "probe1", urn, olds: ran, news, ...more },
  reply: { properties: { ...news, stdout: "", stderr: "", ...result } },
  logs,
});

/** Prints what is set of the two, and `none` where one is not. */
const printPrevious = "printenv PULUMI_COMMAND_STDOUT PULUMI_COMMAND_STDERR || echo none";

export const updates: Exchange[] = [
  updating("runs `create` to update", { create: "echo two" }, { stdout: "two" }, shown("two")),
  updating(
    "runs `update` where there is one",
    { create: "exit 1", update: "echo up" },
    { stdout: "up" },
    shown("up"),
  ),
  updating("keeps the output where there is neither", { delete: "x" }, { stdout: "one", stderr: "noise" }),
  updating(
    "hands over the previous output",
    { create: printPrevious },
    { stdout: "one\nnoise" },
    shown("one", "noise"),
  ),
  updating(
    "keeps it back on demand",
    { create: printPrevious, addPreviousOutputInEnv: false },
    { stdout: "none" },
    shown("none"),
  ),
  updating("hands over no empty output", { create: printPrevious }, { stdout: "none" }, shown("none"), {
    olds: { ...one, stdout: "", stderr: "" },
  }),
  updating(
    "lets previous output win over `environment`",
    { create: printPrevious, environment: { PULUMI_COMMAND_STDOUT: "mine" } },
    { stdout: "one\nnoise" },
    shown("one", "noise"),
  ),
  updating("does not keep previous output secret", { delete: "x" }, { stdout: "one", stderr: "noise" }, [], {
    olds: { ...ran, stdout: secret("one") },
  }),
  updating(
    "does not update ignored inputs",
    { create: "exit 1" },
    { create: "echo one", stdout: "one" },
    shown("one"),
    {
      ignoreChanges: ["create"],
    },
  ),
  {
    name: "fails to update with the command's output",
    call: "update",
    request: { id: "probe1", urn, olds: ran, news: { create: "echo no; exit 4" } },
    error: { message: 'exit status 4: running "echo no; exit 4":\nno\n' },
    logs: shown("no"),
  },
  updating(
    "previews an update with unknown output",
    { create: "exit 1" },
    { stdout: unknown, stderr: unknown },
    [],
    {
      preview: true,
    },
  ),
  updating(
    "previews unknown inputs of an update",
    { create: unknown },
    { stdout: unknown, stderr: unknown },
    [],
    {
      preview: true,
    },
  ),
  updating(
    "previews a new input with known output",
    { ...one, delete: "x" },
    { stdout: "one", stderr: "noise" },
    [],
    {
      preview: true,
    },
  ),
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
