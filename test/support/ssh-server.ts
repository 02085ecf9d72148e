import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { NoOpenSsh, openSsh } from "./openssh.ts";
import { eventually } from "./sandbox.ts";

/** A pair of keys as files hold them. */
export interface KeyPair {
  readonly private: string;
  /** `ssh-ed25519 AAAA…` */
  readonly public: string;
}

export function makeKeys(passphrase = ""): KeyPair {
  const folder = mkdtempSync(join(tmpdir(), "vllm-platform-keys-"));
  try {
    const file = join(folder, "key");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", passphrase, "-C", "", "-f", file]);
    return { private: readFileSync(file, "utf8"), public: readFileSync(`${file}.pub`, "utf8").trim() };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Who logs in where the tests run as root: sshd needs nothing of root then, neither folder nor user of its own. */
const guest = { name: "gpu", uid: 1999 };

/**
 * OpenSSH's server on 127.0.0.1, whose sessions see the tools of `tools` before the machine's own and `root` in place of `/`.
 * Nothing outside its folder is written.
 */
export class SshServer {
  readonly folder: string;
  readonly port: number;
  readonly user: string;
  readonly tools: string;
  readonly root: string;
  hostKeys: KeyPair = makeKeys();
  readonly userKeys: KeyPair = makeKeys();
  private child: ChildProcess | undefined;

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.port = port;
    this.user = asRoot() ? guest.name : userInfo().username;
    this.tools = join(folder, "tools");
    this.root = join(folder, "root");
  }

  /** @throws NoOpenSsh with the reason where OpenSSH cannot be run. */
  static async start(): Promise<SshServer> {
    if (spawnSync("ssh", ["-V"]).status !== 0) throw new NoOpenSsh("OpenSSH's client is not installed");
    const server = new SshServer(await mkdtemp(join(tmpdir(), "vllm-platform-ssh-")), await freePort());
    for (const path of [server.tools, server.root]) await mkdir(path, { recursive: true });
    await chmod(server.folder, 0o755);
    await server.run();
    return server;
  }

  /** The same; where there is no OpenSSH, the tests are skipped and the reason is printed. */
  static async startOrSkip(context: Mocha.Context): Promise<SshServer> {
    try {
      return await SshServer.start();
    } catch (error) {
      if (!(error instanceof NoOpenSsh)) throw error;
      console.log(`    skipped: ${error.message}`);
      return context.skip();
    }
  }

  /** Starts it, or starts it anew with what has changed. */
  async run(): Promise<void> {
    await this.stop();
    const { folder } = await openSsh();
    if (asRoot() && spawnSync("unshare", ["--mount", "true"]).status !== 0) {
      throw new NoOpenSsh(
        "root may not make a mount namespace here, which keeps sshd from the machine's own files",
      );
    }
    const file = (name: string): string => join(this.folder, name);
    await this.write("host", this.hostKeys.private);
    await this.write("authorized_keys", `${this.userKeys.public}\n`);
    await this.write(
      "passwd",
      `root:*:0:0::/:/bin/sh\n${guest.name}:*:${guest.uid}:${guest.uid}::${this.folder}:/bin/sh\n`,
    );
    await this.write(
      "sshd_config",
      [
        ...[`Port ${this.port}`, "ListenAddress 127.0.0.1", `HostKey ${file("host")}`, "PidFile none"],
        ...[`AuthorizedKeysFile ${file("authorized_keys")}`, "StrictModes no", "UsePAM no"],
        ...["PasswordAuthentication no", "KbdInteractiveAuthentication no", "AllowTcpForwarding yes"],
        `SetEnv PATH=${this.tools}:/usr/bin:/bin VLLM_PLATFORM_NODE_ROOT=${this.root}`,
        "",
      ].join("\n"),
    );
    const child = asRoot()
      ? spawn("unshare", [
          "--mount",
          "--propagation",
          "private",
          "sh",
          "-c",
          asGuest,
          "sh",
          folder,
          file("passwd"),
          file("sshd_config"),
        ])
      : spawn(
          "setpriv",
          ["--pdeathsig", "TERM", join(folder, "usr/sbin/sshd"), "-D", "-e", "-f", file("sshd_config")],
          {
            env: { ...process.env, LD_LIBRARY_PATH: libraries(folder) },
          },
        );
    this.child = child;
    let log = "";
    child.stderr?.on("data", (part: Buffer) => {
      log += part.toString();
    });
    await Promise.race([
      eventually(10, () => answers(this.port)),
      once(child, "exit").then(() => Promise.reject(new Error(`sshd ended: ${log}`))),
    ]);
  }

  /** Ends the listening process; the port stays ours to start on again. */
  async stop(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGTERM");
    await gone;
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** A program in the folder that comes first on the sessions' PATH. */
  async tool(name: string, script: string): Promise<void> {
    await writeFile(join(this.tools, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  private async write(name: string, text: string): Promise<void> {
    const path = join(this.folder, name);
    await writeFile(path, text, { mode: 0o600 });
    // sshd refuses keys that others may read.
    if (asRoot() && name !== "passwd") await chown(path, guest.uid, guest.uid);
    if (name === "passwd") await chmod(path, 0o644);
  }
}

const asRoot = (): boolean => process.getuid?.() === 0;

/** In a mount namespace of its own: another list of users, and the unpacked files at a place that every user may read. */
const asGuest = `
mount --bind "$2" /etc/passwd
server=/usr/sbin/sshd
if [ "$1" != / ]; then mount --bind "$1" /mnt; server=/mnt/usr/sbin/sshd; fi
export LD_LIBRARY_PATH="$(ls -d /mnt/usr/lib/*-linux-gnu* /mnt/lib/*-linux-gnu* 2>/dev/null | tr '\\n' ':')"
exec setpriv --reuid ${guest.uid} --regid ${guest.uid} --clear-groups --pdeathsig TERM "$server" -D -e -f "$3"`;

function libraries(folder: string): string {
  const triplet = `${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
  return [join(folder, "usr/lib", triplet), join(folder, "lib", triplet)].join(":");
}

async function answers(port: number): Promise<true> {
  const socket = connect(port, "127.0.0.1");
  const [greeting] = (await once(socket, "data")) as [Buffer];
  socket.destroy();
  if (!greeting.toString().startsWith("SSH-2.0-OpenSSH"))
    throw new Error(`no OpenSSH: ${greeting.toString()}`);
  return true;
}

/** Something that listens where the SSH server was. */
export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

/** Accepts every connection and says nothing more than the greeting. @param port 0: any free one */
export async function silentListener(port = 0, greeting = ""): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}));
    socket.write(greeting);
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as { port: number }).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/**
 * Never answers a connection, as if packets were dropped: its queue is full, and the process that should accept is stopped, so
 * the kernel drops what comes.
 */
export async function droppingListener(wanted = 0): Promise<Listener> {
  const code = `const server = require("node:net").createServer();
server.listen({ port: ${wanted}, host: "127.0.0.1", backlog: 1 }, () => console.log(server.address().port));
process.stdin.resume().on("end", () => process.exit());`;
  const child = spawn(process.execPath, ["-e", code], { stdio: ["pipe", "pipe", "inherit"] });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const port = Number(line.toString());
  child.kill("SIGSTOP");
  const sockets: Socket[] = [];
  for (let taken = true; taken; ) {
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    sockets.push(socket);
    // The queue takes a few; from then on nothing is answered.
    taken = await Promise.race([
      once(socket, "connect").then(() => true),
      new Promise<false>((resolve) => setTimeout(() => resolve(false), 500)),
    ]);
    // Where this process itself stood still, its timers come before what the kernel has done meanwhile.
    await new Promise((resolve) => setImmediate(resolve));
    taken ||= !socket.connecting;
  }
  return {
    port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}
