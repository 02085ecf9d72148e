/** What OpenSSH's client writes of a connection that came to nothing, told for the person who must act. */
import { fingerprint, parseHostKey } from "../../../stacks/settings/host-key.ts";
import { SshFault } from "./fault.ts";

/** A server, and who one is there. */
export interface SshServer {
  host: string;
  port: number;
  user: string;
  /** The pinned key, as a line. */
  hostKey: string;
}

/** Limits in seconds: far more than a home network needs, short enough to wait for. */
export const limits = { connect: 5, connectByJump: 10, logIn: 20 } as const;

/** `192.168.0.25:22`. */
const addressOf = ({ host, port }: SshServer): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;

/**
 * Why the jump host did not lead to the node; undefined where the node's own log says more.
 * @param log of the client that speaks with the jump host, at LogLevel DEBUG2.
 * @param late whether the node gave no sign in time.
 */
export function jumpFault(
  log: string,
  jump: SshServer,
  server: SshServer,
  late: boolean,
): SshFault | undefined {
  const from = addressOf(jump);
  const to = addressOf(server);
  if (!log.includes("Authenticated to ")) {
    return logInFault(log, jump);
  }
  const [, why] = /open failed: (?:connect failed: )?([^\r\n]+)/.exec(log) ?? [];
  if (why !== undefined) {
    return new SshFault(
      `jump host ${from} cannot reach ${to}: ${why}`,
      "Check gpuNode.ssh.host as the jump host sees it, and that its SSH server allows forwarding (AllowTcpForwarding)",
    );
  }
  if (late && !log.includes("open confirm")) {
    return new SshFault(
      `${to} does not answer jump host ${from} within ${limits.connectByJump} s`,
      "Check gpuNode.ssh.host as the jump host sees it, and the firewall of the node",
    );
  }
  return undefined;
}

/** Why no program ran on a server. @param log of the client that speaks with it, at LogLevel DEBUG2. */
export function logInFault(log: string, server: SshServer): SshFault {
  const at = addressOf(server);
  const { user } = server;
  const found = (pattern: RegExp): string | undefined => pattern.exec(log)?.[1]?.trim();
  if (log.includes("Authenticated to ")) {
    return log.includes("exec request failed")
      ? new SshFault(
          `${at} does not run a program for user ${user}`,
          "Allow it: a line of ~/.ssh/authorized_keys or the server's configuration forbids it",
        )
      : new SshFault(
          `${at} lets user ${user} in and then starts nothing within ${limits.logIn} s`,
          "Log in by hand and look what the user's shell waits for",
        );
  }
  const unreachable = found(/^ssh: connect to host .* port \d+: (.*)/m);
  if (unreachable === "Connection refused") {
    return new SshFault(
      `${at} refuses the connection`,
      "Start the SSH server there (`sudo systemctl start ssh`), or correct gpuNode.ssh.host and gpuNode.ssh.port",
    );
  }
  if (unreachable?.endsWith("timed out")) {
    return new SshFault(
      `${at} does not answer within ${limits.connect} s`,
      "Check gpuNode.ssh.host, and whether a firewall (`sudo ufw status`) or a VPN that is down is in the way",
    );
  }
  if (unreachable !== undefined) {
    return new SshFault(`${at} cannot be reached: ${unreachable}`, "Check gpuNode.ssh.host and the network");
  }
  if (log.includes("Could not resolve hostname")) {
    return new SshFault(`the name in ${at} has no address`, "Correct gpuNode.ssh.host, or name the address");
  }
  if (log.includes("timed out during banner exchange")) {
    return new SshFault(
      `${at} accepts the connection and then says nothing`,
      "Look whether it is an SSH server that listens there, and restart it (`sudo systemctl restart ssh`)",
    );
  }
  const [, type = "", shown] = /Server host key: (\S+) (\S+)/.exec(log) ?? [];
  const pinned = parseHostKey(server.hostKey);
  if (log.includes("Host key verification failed") && shown !== undefined && pinned !== undefined) {
    return new SshFault(
      `${at} shows host key ${shown} (${type}), and ${fingerprint(pinned)} (${pinned.type}) is pinned: it is not talked to`,
      "If it was installed anew, look on the machine itself (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`), and where the first fingerprint is its own, write that file's line into gpuNode.ssh.hostKey (a jump host's into gpuNode.ssh.jump.hostKey). If not, somebody is in between",
    );
  }
  const noAgent = found(
    /(?:ssh_get_authentication_socket|ssh_fetch_identitylist|signing failed for [^\n]* from agent): (.*)/,
  );
  if (noAgent !== undefined) {
    return new SshFault(
      `the SSH agent gives no key: ${noAgent}`,
      "Start it anew and load the key (`ssh-add`); it may also wait for a touch or a password",
    );
  }
  if (/Permission denied \(|Too many authentication failures/.test(log)) {
    const keys = new Set([...log.matchAll(/Offering public key: .*(SHA256:\S+)/g)].map(([, key]) => key));
    const which = keys.size === 0 ? "any key" : `key ${[...keys].join(", ")}`;
    return new SshFault(
      `${at} does not accept ${which} for user ${user}`,
      `Append the public key to ~/.ssh/authorized_keys of ${user} there, or name another user or key in gpuNode.ssh`,
    );
  }
  const notSsh = found(/banner line \d+: (.*)/);
  if (notSsh === undefined && /Connection (closed|reset) by|Connection to .* closed/.test(log)) {
    return new SshFault(
      `${at} closes the connection`,
      "Look into its log (`journalctl -u ssh`): a limit such as MaxStartups or fail2ban closes connections",
    );
  }
  const last = log.split(/\r?\n/).findLast((line) => !/^(debug\d: .*)?$/.test(line));
  const reason = notSsh ?? last;
  if (reason !== undefined) {
    return new SshFault(
      `what listens at ${at} cannot be spoken with by SSH: ${reason}`,
      "Look whether it is an SSH server, and whether it is current",
    );
  }
  return new SshFault(
    `${at} does not finish the log-in in time`,
    "Log in by hand (`ssh -v`) and look where it waits; an agent may be asking somebody for a touch or a password",
  );
}
