/** Runs one program on the GPU node by the user's own OpenSSH client, directly or through a jump host. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseHostKey } from "../../../stacks/settings/host-key.ts";
import type { Settings } from "../../../stacks/settings/index.ts";
import { SshFault } from "./fault.ts";
import type { UserKey } from "./key.ts";
import { jumpFault, limits, logInFault, type SshServer } from "./log.ts";

type SshSettings = NonNullable<Settings["gpuNode"]["ssh"]>;

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
  const written = (name: string): string =>
    existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8") : "";
  try {
    await writeFile(join(folder, "program"), program);
    await writeFile(join(folder, "config"), configOf(ssh));
    await writeFile(join(folder, "known_hosts"), knownHosts(ssh));
    const { code, late, bytes, errors } = await run(folder, key, environment);
    const log = written("node.log");
    if (bytes.length > 0 || (!late && /Sending command/.test(log) && !/exec request failed/.test(log))) {
      return { bytes, errors, complete: !late && code !== null && code !== 255 };
    }
    throw faultOf({ ssh, key, code, late, log, jumpLog: written("jump.log") });
  } finally {
    endAgent(Number(written("agent.pid")));
    await rm(folder, { recursive: true, force: true });
  }
}

/** No configuration of the user's or the machine's is read: it could turn off what is asked for here. */
function configOf({ jump, ...node }: SshSettings): string {
  const host = (name: string, { host: at, port, user }: SshServer, seconds: number): string[] => [
    ...[`Host ${name}`, `HostName ${at}`, `Port ${port}`, `User ${user}`],
    ...[`HostKeyAlias ${name}`, `ConnectTimeout ${seconds}`],
  ];
  return [
    ...host("node", node, jump === undefined ? limits.connect : limits.connectByJump),
    ...(jump === undefined ? [] : ['ProxyCommand ssh -F config -E jump.log -W "[%h]:%p" jump 2>/dev/null']),
    ...(jump === undefined ? [] : host("jump", jump, limits.connect)),
    "Host *",
    ...["BatchMode yes", "PreferredAuthentications publickey", "IdentityFile none", "RequestTTY no"],
    ...["StrictHostKeyChecking yes", "UserKnownHostsFile known_hosts", "GlobalKnownHostsFile /dev/null"],
    ...["UpdateHostKeys no", "ServerAliveInterval 5", "LogLevel DEBUG2", ""],
  ].join("\n");
}

function knownHosts({ jump, hostKey }: SshSettings): string {
  return Object.entries({ node: hostKey, ...(jump === undefined ? {} : { jump: jump.hostKey }) })
    .map(([name, line]) => {
      const { type, base64 } = parseHostKey(line) ?? {};
      return `${name} ${type} ${base64}\n`;
    })
    .join("");
}

interface Ended {
  code: number | null;
  /** Whether it was ended because its time was over. */
  late: boolean;
  bytes: Buffer;
  errors: string;
}

/**
 * A key that is not in the user's agent goes by a pipe into an agent that lives as long as this connection, so that it is never on
 * disk, whatever ends this process: without its client the agent ends by itself.
 */
function run(cwd: string, key: UserKey, { PATH, SSH_AUTH_SOCK }: NodeJS.ProcessEnv): Promise<Ended> {
  const env = { PATH, SSH_AUTH_SOCK }; // all else is none of its business: Pulumi hands over secrets in variables
  const client = "exec ssh -F config -E node.log node sh -s <program";
  const child =
    key === undefined
      ? spawn("sh", ["-c", client], { cwd, env })
      : spawn(
          "ssh-agent",
          ["-a", "agent", "sh", "-c", `echo $SSH_AGENT_PID >agent.pid; ssh-add -q - && ${client}`],
          { cwd, env },
        );
  const parts: Buffer[] = [];
  let size = 0;
  let errors = "";
  let late = false;
  const end = (): void => {
    late = true;
    child.kill();
  };
  let timer = setTimeout(end, limits.logIn * 1000);
  child.stdout.on("data", (part: Buffer) => {
    if (size === 0) {
      clearTimeout(timer);
      timer = setTimeout(end, outputMs);
    }
    size += part.length;
    parts.push(part);
    if (size > mostBytes) end();
  });
  child.stderr.on("data", (part: Buffer) => {
    errors = `${errors}${part.toString()}`.slice(0, 1000);
  });
  child.stdin.on("error", () => {}); // of one that has ended before it took the key
  child.stdin.end(key?.text);
  return new Promise<Ended>((resolve, reject) => {
    child.on("error", (error: NodeJS.ErrnoException) =>
      reject(error.code === "ENOENT" ? noClientFault() : error),
    );
    child.on("close", (code) => resolve({ code, late, bytes: Buffer.concat(parts), errors }));
  }).finally(() => clearTimeout(timer));
}

function faultOf(ended: {
  ssh: SshSettings;
  key: UserKey;
  code: number | null;
  late: boolean;
  log: string;
  jumpLog: string;
}): SshFault {
  const { ssh, key, code, log, jumpLog } = ended;
  if (log === "" && code === 127) {
    return noClientFault();
  }
  if (log === "" && key !== undefined) {
    return new SshFault(
      `${key.where} holds no private key that can be read`,
      "Take one made by `ssh-keygen -t ed25519`",
    );
  }
  const late = ended.late || log.includes("timed out during banner exchange");
  return (ssh.jump && jumpFault(jumpLog, ssh.jump, ssh, late)) ?? logInFault(log, ssh);
}

function noClientFault(): SshFault {
  return new SshFault(
    "OpenSSH's client (ssh, ssh-agent, ssh-add) is not on the PATH of this machine",
    "Install it (on Debian and Ubuntu: `sudo apt install openssh-client`)",
  );
}

function endAgent(pid: number): void {
  try {
    if (pid > 0) process.kill(pid);
  } catch {
    // It has ended by itself.
  }
}
