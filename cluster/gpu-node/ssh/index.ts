/** Runs one program on the GPU node by the user's own OpenSSH client, directly or through a jump host. */
import { type ExecFileException, execFile } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseHostKey } from "../../../stacks/settings/host-key.ts";
import { SshFault } from "./fault.ts";
import type { UserKey } from "./key.ts";
import { faultInLogs, limits, type SshServer, type SshSettings } from "./log.ts";

/** How long the program may take in all once it has begun, in milliseconds; each tool in it has a limit of its own. */
const outputMs = 30_000;

/** What is read of its output, in bytes. */
const mostBytes = 4 * 1024 * 1024;

export interface Output {
  bytes: Buffer;
  /** What the user's shell said on standard error. */
  errors: string;
  /** Whether the program came to its end in time. */
  complete: boolean;
}

/**
 * Runs a program by `sh -s`, handed over on standard input.
 * @param environment PATH and, where the key is in the user's agent, SSH_AUTH_SOCK are taken from it.
 * @throws SshFault where that cannot be.
 */
export async function askBySsh(
  ssh: SshSettings,
  key: UserKey,
  program: string,
  environment: NodeJS.ProcessEnv,
): Promise<Output> {
  // No secret comes into this folder: one that is left behind by a kill does no harm.
  const folder = await mkdtemp(join(tmpdir(), "vllm-platform-ssh-"));
  const clean = (): void => {
    endAgent(Number(written("agent.pid")));
    rmSync(folder, { recursive: true, force: true });
  };
  // Whoever does not wait for the answer ends this process, and with it what it has begun.
  process.once("exit", clean);
  const written = (name: string): string =>
    existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8") : "";
  try {
    await writeFile(join(folder, "program"), program);
    await writeFile(join(folder, "config"), configOf(ssh));
    await writeFile(join(folder, "known_hosts"), knownHostsOf(ssh));
    const { error, bytes, errors } = await run(folder, key, environment);
    const log = written("node.log");
    const late = error?.killed === true;
    const started = /Sending command/.test(log) && !/exec request failed/.test(log);
    if (bytes.length > 0 || (started && !late)) {
      // 255 is the client's own status for a connection that broke.
      return { bytes, errors, complete: !late && error?.code !== 255 };
    }
    if (log === "") {
      throw noClientFault(error, key);
    }
    throw faultInLogs(ssh, log, written("jump.log"));
  } finally {
    process.off("exit", clean);
    clean();
  }
}

/** No configuration of the user's or the machine's is read: it could turn off what is asked for here. */
function configOf({ jump, ...node }: SshSettings): string {
  const host = (name: string, { host: at, port, user }: SshServer, seconds: number): string[] => [
    ...[`Host ${name}`, `HostName ${at}`, `Port ${port}`, `User ${user}`],
    ...[`HostKeyAlias ${name}`, `ConnectTimeout ${seconds}`],
  ];
  return [
    ...(jump === undefined
      ? host("node", node, limits.connect)
      : [
          ...host("node", node, limits.connectByJump),
          'ProxyCommand ssh -F config -E jump.log -W "[%h]:%p" jump 2>/dev/null',
          ...host("jump", jump, limits.connect),
        ]),
    "Host *",
    ...["BatchMode yes", "PreferredAuthentications publickey", "IdentityFile none", "RequestTTY no"],
    ...["StrictHostKeyChecking yes", "UserKnownHostsFile known_hosts", "GlobalKnownHostsFile /dev/null"],
    ...["UpdateHostKeys no", "ServerAliveInterval 5", "LogLevel DEBUG2", ""],
  ].join("\n");
}

/** By the names of the configuration's hosts. A key of another kind than the pinned one is refused as well. */
function knownHostsOf({ jump, hostKey }: SshSettings): string {
  const line = (name: string, text: string): string => {
    const { type, base64 } = parseHostKey(text) ?? {};
    return `${name} ${type} ${base64}\n`;
  };
  return line("node", hostKey) + (jump === undefined ? "" : line("jump", jump.hostKey));
}

/**
 * A key that is not in the user's agent goes by a pipe into an agent that lives as long as this connection, so that it is never on
 * disk, whatever ends this process: without its client the agent ends by itself.
 */
function run(
  cwd: string,
  key: UserKey,
  { PATH, SSH_AUTH_SOCK }: NodeJS.ProcessEnv,
): Promise<{ error: ExecFileException | null; bytes: Buffer; errors: string }> {
  const client = "exec ssh -F config -E node.log node sh -s <program";
  const [command, ...words] =
    key === undefined
      ? ["sh", "-c", client]
      : ["ssh-agent", "-a", "agent", "sh", "-c", `echo $SSH_AGENT_PID >agent.pid; ssh-add -q - && ${client}`];
  const logInMs = limits.logIn * 1000;
  const options = {
    cwd,
    env: { PATH, SSH_AUTH_SOCK }, // the others are none of its business: Pulumi hands over secrets in variables
    encoding: "buffer",
    maxBuffer: mostBytes,
    timeout: logInMs + outputMs,
  } as const;
  return new Promise((resolve) => {
    const end = (): void => void child.kill();
    process.once("exit", end);
    const child = execFile(command as string, words, options, (error, bytes, errors) => {
      clearTimeout(timer);
      process.off("exit", end);
      resolve({ error, bytes, errors: errors.toString("utf8", 0, 1000) });
    });
    const timer = setTimeout(() => child.kill(), logInMs);
    child.stdout?.once("data", () => clearTimeout(timer));
    child.stdin?.on("error", () => {}).end(key?.text); // it may end before it takes the key
  });
}

/** Why no client wrote a line. */
function noClientFault(error: ExecFileException | null, key: UserKey): SshFault {
  return key === undefined || error?.code === "ENOENT" || error?.code === 127
    ? new SshFault(
        "OpenSSH's client (ssh, ssh-agent, ssh-add) is not on the PATH of this machine",
        "Install it (on Debian and Ubuntu: `sudo apt install openssh-client`)",
      )
    : new SshFault(
        `${key.where} holds no private key that can be read`,
        "Take one made by `ssh-keygen -t ed25519`",
      );
}

function endAgent(pid: number): void {
  try {
    if (pid > 0) process.kill(pid);
  } catch {
    // It has ended by itself.
  }
}
