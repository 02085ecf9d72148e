/** How a command is created: what runs where, what is kept and shown of it, how it fails, and what a preview says. */
import type { Exchange } from "../exchange.ts";
import { type Fields, secret, unknown } from "../messages.ts";
import { newId, type Shown, shown, urn } from "./common.ts";

const creating = (
  name: string,
  properties: Fields,
  stdout = "",
  stderr = "",
  logs: Shown = shown(...[stdout, stderr].filter((text) => text !== "")),
): Exchange => ({
  name,
  call: "create",
  request: { urn, properties },
  reply: { id: newId, properties: { ...properties, stdout, stderr } },
  logs,
});

/** @param printed what the command has written; that is shown, too */
const failing = (name: string, properties: { create: string }, status: string, printed = ""): Exchange => ({
  name,
  call: "create",
  request: { urn, properties },
  error: { message: `${status}: running ${JSON.stringify(properties.create)}:\n${printed}` },
  logs: printed === "" ? [] : shown(printed.trimEnd()),
});

const both = "echo a; echo b >&2";

/** The tests give the plugin a working directory with a folder `sub`, and the variable MARK. */
export const creations: Exchange[] = [
  creating("creates without a command", {}),
  creating(
    "keeps standard output without its last line break",
    { create: "printf 'a\\n\\nb\\n\\n'" },
    "a\n\nb\n",
    "",
    shown("a", "", "b", ""),
  ),
  creating("keeps output that does not end with a line break", { create: "printf a" }, "a"),
  creating("shows standard error like standard output", { create: "echo a >&2" }, "", "a"),
  creating(
    "shows lines without their carriage return",
    { create: "printf 'a\\r\\n'" },
    "a\r",
    "",
    shown("a"),
  ),
  creating("shows nothing with `logging: none`", { create: both, logging: "none" }, "a", "b", []),
  creating("shows only standard output on demand", { create: both, logging: "stdout" }, "a", "b", shown("a")),
  creating("shows only standard error on demand", { create: both, logging: "stderr" }, "a", "b", shown("b")),
  creating("runs in the plugin's working directory", { create: "test -d sub && echo here" }, "here"),
  creating(
    "adds to the plugin's environment",
    { create: "echo $MARK $A", environment: { A: "a" } },
    "plugin a",
  ),
  creating("lets `environment` win over it", { create: "echo $MARK", environment: { MARK: "mine" } }, "mine"),
  creating("hands over `stdin`", { create: "cat", stdin: "in" }, "in"),
  creating("gives an empty standard input without one", { create: "cat; echo ok" }, "ok"),
  creating("uses /bin/sh", { create: "echo $0" }, "/bin/sh"),
  creating("knows no previous output", { create: "printenv PULUMI_COMMAND_STDOUT || echo none" }, "none"),
  creating("does not make output secret because an input is", { create: secret("echo a") }, "a"),
  creating(
    "keeps a secret variable secret in the state",
    { create: "echo $A", environment: { A: secret("a") } },
    "a",
  ),
  failing("fails with standard output", { create: "echo out; exit 3" }, "exit status 3", "out\n"),
  failing("fails with standard error, too", { create: "echo err >&2; exit 3" }, "exit status 3", "err\n"),
  failing("quotes the command in the error", { create: 'echo "a"\nexit 3' }, "exit status 3", "a\n"),
  failing("names the signal that ended a command", { create: "kill -9 $$" }, "signal: killed"),
  {
    name: "prints secret commands in the error",
    call: "create",
    request: { urn, properties: { create: secret("exit 3") } },
    error: { message: 'exit status 3: running "exit 3":\n' },
  },
  {
    name: "kills a command that takes longer than its custom timeout",
    call: "create",
    request: { urn, timeout: 1, properties: { create: "exec sleep 60" } },
    error: { message: 'signal: killed: running "exec sleep 60":\n' },
  },
  {
    name: "fails on output that is not UTF-8",
    call: "create",
    request: { urn, properties: { create: "printf 'a\\377b'", logging: "none" } },
    error: { code: 13, message: /invalid UTF-8/ },
  },
];

export const longLines: Exchange = {
  ...creating(
    "shows a line of any length", // where the official plugin hangs
    { create: "head -c 150000 /dev/zero | tr '\\0' x" },
    "x".repeat(150_000),
  ),
  only: "stand-in",
};

const previewing = (name: string, properties: Fields): Exchange => ({
  name,
  call: "create",
  request: { urn, preview: true, properties },
  reply: { id: newId, properties: { ...properties, stdout: unknown, stderr: unknown } },
});

export const creationPreviews: Exchange[] = [
  previewing("previews a creation with unknown output", { create: "exit 1" }),
  previewing("previews unknown inputs", { create: unknown, environment: { A: unknown } }),
  previewing("keeps secret inputs secret in a preview", { create: secret("a"), stdin: secret("b") }),
];
