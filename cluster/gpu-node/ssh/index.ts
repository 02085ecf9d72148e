/** Runs one program on the GPU node by SSH, over one connection or through a jump host. */
import type { Duplex } from "node:stream";
import type { Client, ClientChannel } from "ssh2";
import type { Settings } from "../../../stacks/settings/index.ts";
import { addressOf, dial, limits, logIn, type SshServer, within } from "./connection.ts";
import { SshFault } from "./fault.ts";
import type { UserKey } from "./key.ts";

/** How long the program may take in all, in milliseconds; each tool in it has a limit of its own. */
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
 * @throws SshFault where that cannot be.
 */
export async function askBySsh(
  ssh: NonNullable<Settings["gpuNode"]["ssh"]>,
  key: UserKey,
  program: string,
): Promise<Output> {
  const opened: Client[] = [];
  try {
    const { jump } = ssh;
    let over: Duplex;
    if (jump === undefined) {
      over = await dial(ssh);
    } else {
      const between = await logIn(jump, key, await dial(jump));
      opened.push(between);
      over = await dialThrough(between, jump, ssh);
    }
    const client = await logIn(ssh, key, over);
    opened.push(client);
    return await run(client, ssh, program);
  } finally {
    for (const client of opened.reverse()) {
      client.on("error", () => {}); // of a connection that is over
      client.destroy();
    }
  }
}

/** A connection from the jump host to the node. */
function dialThrough(between: Client, jump: SshServer, server: SshServer): Promise<Duplex> {
  const from = addressOf(jump);
  const to = addressOf(server);
  return within(
    limits.dial,
    new Promise<Duplex>((resolve, reject) => {
      between.forwardOut("127.0.0.1", 0, server.host, server.port, (error, stream) => {
        if (error === undefined) resolve(stream);
        else
          reject(
            new SshFault(
              `jump host ${from} cannot reach ${to}: ${error.message.replace(/^\(SSH\) Channel open failure: /, "")}`,
              "Check gpuNode.ssh.host as the jump host sees it, and that its SSH server allows forwarding (AllowTcpForwarding)",
            ),
          );
      });
    }),
    () =>
      new SshFault(
        `${to} does not answer jump host ${from} within ${limits.dial / 1000} s`,
        "Check gpuNode.ssh.host as the jump host sees it, and the firewall of the node",
      ),
  );
}

async function run(client: Client, server: SshServer, program: string): Promise<Output> {
  const channel = await startShell(client, server);
  const parts: Buffer[] = [];
  let size = 0;
  let errors = "";
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<boolean>((resolve) => {
    channel.on("data", (part: Buffer) => {
      size += part.length;
      parts.push(part);
      if (size > mostBytes) resolve(false);
    });
    channel.stderr.on("data", (part: Buffer) => {
      errors = `${errors}${part.toString()}`.slice(0, 1000);
    });
    channel.on("close", () => resolve(true));
    client.on("close", () => resolve(false));
    timer = setTimeout(() => resolve(false), outputMs);
  });
  channel.end(program);
  const complete = await ended;
  clearTimeout(timer);
  return { bytes: Buffer.concat(parts), errors, complete };
}

function startShell(client: Client, server: SshServer): Promise<ClientChannel> {
  const at = addressOf(server);
  return within(
    limits.channel,
    new Promise<ClientChannel>((resolve, reject) => {
      client.exec("sh -s", (error, stream) => {
        if (error === undefined) resolve(stream);
        else
          reject(
            new SshFault(
              `${at} does not run a program for user ${server.user}: ${error.message}`,
              "Allow it: a line of ~/.ssh/authorized_keys or the server's configuration forbids it",
            ),
          );
      });
    }),
    () =>
      new SshFault(
        `${at} lets user ${server.user} in and then starts nothing for ${limits.channel / 1000} s`,
        "Log in by hand and look what the user's shell waits for",
      ),
  );
}
