/** One SSH connection, every phase of it bounded, to a server whose host key is pinned. */
import { connect as connectTcp } from "node:net";
import type { Duplex } from "node:stream";
import ssh2 from "ssh2";
import { fingerprint, type HostKey, parseHostKey, wireOf } from "../../../stacks/settings/host-key.ts";
import { SshFault } from "./fault.ts";
import type { UserKey } from "./key.ts";

/** A server, and who one is there. */
export interface SshServer {
  host: string;
  port: number;
  user: string;
  /** The pinned key, as a line. */
  hostKey: string;
}

/** Limits of the phases in milliseconds: far more than a home network needs, short enough to wait for. */
export const limits = { dial: 5000, handshake: 5000, authentication: 10_000, channel: 5000 } as const;

/** `192.168.0.25:22`. */
export const addressOf = ({ host, port }: Pick<SshServer, "host" | "port">): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;

/**
 * Opens a TCP connection.
 * @throws SshFault where there is no answer in time.
 */
export function dial(server: SshServer): Promise<Duplex> {
  const at = addressOf(server);
  const socket = connectTcp({ host: server.host, port: server.port });
  return within(
    limits.dial,
    new Promise<Duplex>((resolve, reject) => {
      socket.once("connect", () => resolve(socket));
      socket.once("error", (error: NodeJS.ErrnoException) => reject(dialFault(at, error)));
    }),
    () =>
      new SshFault(
        `${at} does not answer within ${limits.dial / 1000} s`,
        "Check gpuNode.ssh.host, and whether a firewall (`sudo ufw status`) or a VPN that is down is in the way",
      ),
  ).catch((error: unknown) => {
    socket.destroy();
    throw error;
  });
}

function dialFault(at: string, { code, message }: NodeJS.ErrnoException): SshFault {
  if (code === "ECONNREFUSED") {
    return new SshFault(
      `${at} refuses the connection`,
      "Start the SSH server there (`sudo systemctl start ssh`), or correct gpuNode.ssh.host and gpuNode.ssh.port",
    );
  }
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return new SshFault(`the name in ${at} has no address`, "Correct gpuNode.ssh.host, or name the address");
  }
  return new SshFault(`${at} cannot be reached: ${message}`, "Check gpuNode.ssh.host and the network");
}

/**
 * Speaks SSH over an open connection, and logs in with one try.
 * @throws SshFault naming the phase that did not succeed.
 */
export async function logIn(server: SshServer, key: UserKey, over: Duplex): Promise<ssh2.Client> {
  const at = addressOf(server);
  const pinned = parseHostKey(server.hostKey);
  if (pinned === undefined) {
    throw new TypeError("a host key is to be validated first");
  }
  const client = new ssh2.Client();
  let shown: Buffer | undefined;
  const ended = new Promise<never>((_, reject) => {
    client.on("error", (error: Error & { level?: string }) => reject(sshFault(server, key, error)));
    client.on("close", () => reject(closedFault(at)));
  });
  ended.catch(() => {}); // raced against below, and after that of no interest
  const agreed = new Promise<void>((resolve) => client.once("handshake", () => resolve()));
  const ready = new Promise<void>((resolve) => client.once("ready", () => resolve()));
  try {
    client.connect({
      sock: over,
      username: server.user,
      readyTimeout: 0, // each phase has a limit of its own here
      algorithms: { serverHostKey: algorithmsFor(pinned) },
      hostVerifier: (wire: Buffer) => {
        shown = wire;
        return wire.equals(wireOf(pinned));
      },
      authHandler: [logInMethod(server, key)],
    });
    await within(limits.handshake, Promise.race([agreed, ended]), () => silentFault(at)).catch(
      (error: unknown) => {
        throw shown !== undefined && !shown.equals(wireOf(pinned)) ? hostKeyFault(at, pinned, shown) : error;
      },
    );
    await within(limits.authentication, Promise.race([ready, ended]), () => slowLogInFault(at));
    return client;
  } catch (error) {
    client.destroy();
    over.destroy();
    throw error;
  }
}

function logInMethod({ user: username }: SshServer, key: UserKey): ssh2.AnyAuthMethod {
  return key.kind === "agent"
    ? { type: "agent", username, agent: key.socket }
    : { type: "publickey", username, key: key.text };
}

/** The pinned kind first, so that a server which has several shows that one; the others so that a changed one is seen. */
function algorithmsFor({ type }: HostKey): ssh2.ServerHostKeyAlgorithm[] {
  const kinds: readonly ssh2.ServerHostKeyAlgorithm[] = [
    ...(["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"] as const),
    ...(["rsa-sha2-512", "rsa-sha2-256"] as const),
  ];
  const isPinned = (kind: string): boolean =>
    kind === type || (type === "ssh-rsa" && kind.startsWith("rsa-"));
  return [...kinds.filter(isPinned), ...kinds.filter((kind) => !isPinned(kind))];
}

function silentFault(at: string): SshFault {
  return new SshFault(
    `${at} accepts the connection and then says nothing for ${limits.handshake / 1000} s`,
    "Look whether it is an SSH server that listens there, and restart it (`sudo systemctl restart ssh`)",
  );
}

function closedFault(at: string): SshFault {
  return new SshFault(
    `${at} closes the connection`,
    "Look into its log (`journalctl -u ssh`): a limit such as MaxStartups or fail2ban closes connections",
  );
}

function slowLogInFault(at: string): SshFault {
  return new SshFault(
    `${at} does not finish the log-in within ${limits.authentication / 1000} s`,
    "Log in by hand (`ssh -v`) and look where it waits; an agent may be asking somebody for a touch or a password",
  );
}

function hostKeyFault(at: string, pinned: HostKey, shown: Buffer): SshFault {
  const type = shown.subarray(4, 4 + Math.min(64, shown.readUInt32BE(0))).toString();
  return new SshFault(
    `${at} shows host key ${fingerprint(shown)} (${type}), and ${fingerprint(wireOf(pinned))} (${pinned.type}) is pinned: it is not talked to`,
    "If it was installed anew, look on the machine itself (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`), and where the first fingerprint is its own, write that file's line into gpuNode.ssh.hostKey (a jump host's into gpuNode.ssh.jump.hostKey). If not, somebody is in between",
  );
}

function sshFault(server: SshServer, key: UserKey, error: Error & { level?: string }): SshFault {
  const at = addressOf(server);
  if (error.level === "client-authentication") {
    const which = key.kind === "agent" ? "any key of the agent" : `key ${key.fingerprint}`;
    return new SshFault(
      `${at} does not accept ${which} for user ${server.user}`,
      `Append the public key to ~/.ssh/authorized_keys of ${server.user} there, or name another user or key in gpuNode.ssh`,
    );
  }
  if (error.level === "agent") {
    return new SshFault(
      `the SSH agent does not answer: ${error.message}`,
      "Start it anew and load the key (`ssh-add`)",
    );
  }
  if (error.level === "client-socket" || error.message === "Connection lost before handshake") {
    return closedFault(at);
  }
  return new SshFault(
    `what listens at ${at} cannot be spoken with by SSH: ${error.message}`,
    "Look whether it is an SSH server, and whether it is current",
  );
}

/** The promise, or the fault when the time is over. */
export function within<Value>(
  milliseconds: number,
  promise: Promise<Value>,
  late: () => SshFault,
): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), milliseconds);
  });
  return Promise.race([promise, over]).finally(() => clearTimeout(timer));
}
