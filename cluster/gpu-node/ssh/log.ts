/** Tells from what OpenSSH's client wrote (at LogLevel DEBUG2) why a connection came to nothing, for the person who must act. */
import { fingerprint, parseHostKey } from "../../../stacks/settings/host-key.ts";
import type { Settings } from "../../../stacks/settings/index.ts";
import { oneLine } from "../../../system/terminal/foreign-text.ts";
import { SshFault } from "./fault.ts";

export type SshSettings = NonNullable<Settings["gpuNode"]["ssh"]>;

/** The node or the jump host, and who one is there. */
export type SshServer = NonNullable<SshSettings["jump"]>;

/** Limits in seconds: far more than a home network needs, short enough to wait for. */
export const limits = { connect: 5, connectByJump: 10, logIn: 20 } as const;

/** What the log shows, what is found then, and what to do. `<reason>` is what the pattern catches. */
type Pattern = readonly [shown: RegExp, found: string, fix: string];

/** Of a way through a jump host that let us in; looked for in its log and the node's. */
const jumpPatterns: readonly Pattern[] = [
  [
    /open failed: (?:connect failed: )?(.+)[\s\S]*stdio forwarding failed/,
    "jump host <jump> cannot reach <address>: <reason>",
    "Check gpuNode.ssh.host as the jump host sees it, and that its SSH server allows forwarding (AllowTcpForwarding)",
  ],
  [
    /^(?![\s\S]*open confirm)[\s\S]*timed out during banner exchange/,
    `<address> does not answer jump host <jump> within ${limits.connectByJump} s`,
    "Check gpuNode.ssh.host as the jump host sees it, and the firewall of the node",
  ],
];

/** Of one server. The first that fits holds. */
const patterns: readonly Pattern[] = [
  [
    /exec request failed/,
    "<address> does not run a program for user <user>",
    "Allow it: a line of ~/.ssh/authorized_keys or the server's configuration forbids it",
  ],
  [
    /Authenticated to /,
    "<address> lets user <user> in and then starts nothing",
    "Log in by hand and look what the user's shell waits for",
  ],
  [
    /^ssh: connect to host .*: Connection refused/m,
    "<address> refuses the connection",
    "Start the SSH server there (`sudo systemctl start ssh`), or correct gpuNode.ssh.host and gpuNode.ssh.port",
  ],
  [
    /^ssh: connect to host .* timed out/m,
    `<address> does not answer within ${limits.connect} s`,
    "Check gpuNode.ssh.host, and whether a firewall (`sudo ufw status`) or a VPN that is down is in the way",
  ],
  [
    /^ssh: connect to host .* port \d+: (.+)/m,
    "<address> cannot be reached: <reason>",
    "Check gpuNode.ssh.host and the network",
  ],
  [
    /^ssh: Could not resolve hostname/m,
    "the name in <address> has no address",
    "Correct gpuNode.ssh.host, or name the address",
  ],
  [
    /banner line \d+: (.+)/,
    "what listens at <address> cannot be spoken with by SSH; it says: <reason>",
    "Look whether it is an SSH server, and into its log (`journalctl -u ssh`)",
  ],
  [
    /timed out during banner exchange/,
    "<address> accepts the connection and then says nothing",
    "Look whether it is an SSH server that listens there, and restart it (`sudo systemctl restart ssh`)",
  ],
  [
    /Server host key: (\S+ \S+)[\s\S]*Host key verification failed/,
    "<address> shows host key <reason>, and <pinned> is pinned: it is not talked to",
    "If it was installed anew, look on the machine itself (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`), and where the first fingerprint is its own, write that file's line into gpuNode.ssh.hostKey (a jump host's into gpuNode.ssh.jump.hostKey). If not, somebody is in between",
  ],
  [
    /(?:ssh_get_authentication_socket|ssh_fetch_identitylist|signing failed for .* from agent): (.+)/,
    "the SSH agent gives no key: <reason>",
    "Start it anew and load the key (`ssh-add`); it may also wait for a touch or a password",
  ],
  [
    /^(?![\s\S]*Offering[\s\S]*Offering)[\s\S]*Offering public key: .*(SHA256:\S+)[\s\S]*Permission denied \(/,
    "<address> does not accept key <reason> for user <user>",
    "Append the public key to ~/.ssh/authorized_keys of <user> there, or name another user or key in gpuNode.ssh",
  ],
  [
    /Permission denied \(|Too many authentication failures/,
    "<address> does not accept any key of the agent for user <user>",
    "Append the public key to ~/.ssh/authorized_keys of <user> there, or name another user or key in gpuNode.ssh",
  ],
  [
    /Connection (?:closed|reset) by|Connection to .* closed/,
    "<address> closes the connection",
    "Look into its log (`journalctl -u ssh`): a limit such as MaxStartups or fail2ban closes connections",
  ],
  [
    /[\s\S]*^(?!debug\d: |Connection to .* timed out)(\S.*)/m, // the last line that is no detail
    "<address> cannot be spoken with by SSH: <reason>",
    "Look whether it is an SSH server, and whether it is current",
  ],
  [
    /^/,
    "<address> does not finish the log-in in time",
    "Log in by hand (`ssh -v`) and look where it waits; an agent may be asking somebody for a touch or a password",
  ],
];

/** All that can be told, for the documentation. */
export const logFaults = [...jumpPatterns, ...patterns].map(([, found, fix]) => ({ found, fix }));

/** @param jumpLog of the client that speaks with the jump host, if there is one. */
export function faultInLogs(ssh: SshSettings, log: string, jumpLog: string): SshFault {
  const { jump } = ssh;
  if (jump !== undefined && !jumpLog.includes("Authenticated to ")) {
    return firstOf(patterns, jumpLog, jump) as SshFault;
  }
  return (
    (jump && firstOf(jumpPatterns, `${jumpLog}\n${log}`, ssh, jump)) ??
    (firstOf(patterns, log, ssh) as SshFault) // the last one fits all
  );
}

function firstOf(
  all: readonly Pattern[],
  log: string,
  server: SshServer,
  jump: SshServer = server,
): SshFault | undefined {
  const [shown, found = "", fix = ""] = all.find(([pattern]) => pattern.test(log)) ?? [];
  const pinned = parseHostKey(server.hostKey);
  const words: Record<string, string | undefined> = {
    address: addressOf(server),
    jump: addressOf(jump),
    user: server.user,
    pinned: pinned && `${pinned.type} ${fingerprint(pinned)}`,
    reason: oneLine(shown?.exec(log)?.[1] ?? ""),
  };
  const filled = (text: string): string => text.replace(/<(\w+)>/g, (_, name: string) => words[name] ?? "");
  return shown && new SshFault(filled(found), filled(fix));
}

/** `192.168.0.25:22`. */
const addressOf = ({ host, port }: SshServer): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
