/** How a command is created: what runs where, what is kept and shown of it, how it fails, and what a preview says. */
import type { Exchange } from "../exchange.ts";
import { type Fields, secret, unknown } from "../messages.ts";
import { newId, type Shown, shown, urn } from "./common.ts";

const creating = (
  name: string,
  properties: Fields,
  stdout: string,
  stderr: string,
  logs: Shown,
): Exchange => ({
  name,
  call: "create",
  request: { urn, properties },
  reply: { id: newId, properties: { ...properties, stdout, stderr } },
  logs,
});

const failing = (name: string, properties: Fields, message: string | RegExp, logs: Shown = []): Exchange => ({
  name,
  call: "create",
  request: { urn, properties },
  error: { message },
  logs,
});

/** The tests give the plugin a working directory with a folder `sub`, and the variable MARK. */
export const creations: Exchange[] = [
  creating("creates without a command", {}, "", "", []),
  creating(
    "keeps standard output without its last line break",
    { create: "printf 'a\\n\\nb\\n\\n'" },
    "a\n\nb\n",
    "",
    [...shown("a", "", "b", "")],
  ),
  creating("keeps output that does not end with a line break", { create: "printf a" }, "a", "", shown("a")),
  creating("shows standard error like standard output", { create: "echo a >&2" }, "", "a", shown("a")),
  creating(
    "shows lines without their carriage return",
    { create: "printf 'a\\r\\n'" },
    "a\r",
    "",
    shown("a"),
  ),
  creating(
    "shows nothing with `logging: none`",
    { create: "echo a; echo b >&2", logging: "none" },
    "a",
    "b",
    [],
  ),
  creating(
    "shows only standard output with `logging: stdout`",
    { create: "echo a; echo b >&2", logging: "stdout" },
    "a",
    "b",
    shown("a"),
  ),
  creating(
    "shows only standard error with `logging: stderr`",
    { create: "echo a; echo b >&2", logging: "stderr" },
    "a",
    "b",
    shown("b"),
  ),
  creating(
    "runs in the plugin's working directory",
    { create: "test -d sub && echo here" },
    "here",
    "",
    shown("here"),
  ),
  creating(
    "takes a relative `dir` from there",
    { create: 'basename "$PWD"', dir: "sub", logging: "none" },
    "sub",
    "",
    [],
  ),
  creating(
    "adds to the plugin's environment",
    { create: "echo $MARK $A", environment: { A: "a" } },
    "plugin a",
    "",
    [...shown("plugin a")],
  ),
  creating(
    "lets `environment` win over it",
    { create: "echo $MARK", environment: { MARK: "mine" } },
    "mine",
    "",
    [...shown("mine")],
  ),
  creating("hands over `stdin`", { create: "cat", stdin: "in" }, "in", "", shown("in")),
  creating("gives an empty standard input without one", { create: "cat; echo ok" }, "ok", "", shown("ok")),
  creating("uses /bin/sh by default", { create: "echo $0" }, "/bin/sh", "", shown("/bin/sh")),
  creating("takes an empty interpreter for none", { create: "echo $0", interpreter: [] }, "/bin/sh", "", [
    ...shown("/bin/sh"),
  ]),
  creating(
    "uses another interpreter",
    { create: "a", interpreter: ["/bin/echo", "x"] },
    "x a",
    "",
    shown("x a"),
  ),
  creating(
    "knows no previous output",
    { create: "printenv PULUMI_COMMAND_STDOUT || echo none" },
    "none",
    "",
    shown("none"),
  ),
  creating(
    "does not make output secret because an input is",
    { create: secret("echo a") },
    "a",
    "",
    shown("a"),
  ),
  creating(
    "keeps a secret variable secret in the state",
    { create: "echo $A", environment: { A: secret("a") } },
    "a",
    "",
    shown("a"),
  ),
  failing(
    "fails with status, command and standard output",
    { create: "echo out; exit 3" },
    ['exit status 3: running "echo out; exit 3":', "out\n"].join("\n"),
    shown("out"),
  ),
  failing(
    "fails with standard error, too",
    { create: "echo err >&2; exit 3" },
    ['exit status 3: running "echo err >&2; exit 3":', "err\n"].join("\n"),
    shown("err"),
  ),
  failing(
    "quotes the command in the error",
    { create: 'echo "a"\nexit 3', logging: "none" },
    ['exit status 3: running "echo \\"a\\"\\nexit 3":', "a\n"].join("\n"),
  ),
  failing(
    "prints secret commands in the error",
    { create: secret("exit 3") },
    'exit status 3: running "exit 3":\n',
  ),
  failing(
    "names the signal that ended a command",
    { create: "kill -9 $$" },
    'signal: killed: running "kill -9 $$":\n',
  ),
  failing(
    "fails without the working directory",
    { create: "pwd", dir: "/nowhere" },
    'chdir /nowhere: no such file or directory: running "pwd":\n',
  ),
  failing(
    "fails without the interpreter",
    { create: "x", interpreter: ["/nowhere/x"] },
    'fork/exec /nowhere/x: no such file or directory: running "x":\n',
  ),
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
  name: "shows a line without end in pieces", // where the official plugin hangs
  call: "create",
  request: { urn, properties: { create: "head -c 150000 /dev/zero | tr '\\0' x" } },
  reply: {
    id: newId,
    properties: { create: "head -c 150000 /dev/zero | tr '\\0' x", stdout: /^x{150000}$/, stderr: "" },
  },
  logs: shown(/^x{65536}$/, /^x{65536}$/, /^x+$/),
  only: "stand-in",
};

const previewing = (name: string, properties: Fields): Exchange => ({
  name,
  call: "create",
  request: { urn, preview: true, properties },
  reply: { id: newId, properties: { ...properties, stdout: unknown, stderr: unknown } },
});

export const creationPreviews: Exchange[] = [
  previewing("previews a creation with unknown output", { create: "exit 1", triggers: [1] }),
  previewing("previews unknown inputs", { create: unknown, environment: { A: unknown }, triggers: unknown }),
  previewing("keeps secret inputs secret in a preview", { create: secret("a"), stdin: secret("b") }),
];
