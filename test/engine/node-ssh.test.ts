// Does NOT prove that a real node answers like the scripted one; the SSH server, its user's shell and an agent are real.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Finding } from "../../cluster/findings/finding.ts";
import { checkBySsh } from "../../cluster/gpu-node/check-by-ssh.ts";
import { type NodeSubject, nodeSubject } from "../../cluster/gpu-node/judge/subject.ts";
import { planFromFiles } from "../../stacks/index.ts";
import { keyLine } from "../support/checked-node.ts";
import { eventually } from "../support/sandbox.ts";
import { healthyNode } from "../support/scripted-node.ts";
import { droppingListener, makeKeys, SshServer, silentListener } from "../support/ssh-server.ts";

const ml = nodeSubject(planFromFiles(join(import.meta.dirname, "../.."), "ml"));
type Ssh = NonNullable<NodeSubject["settings"]["gpuNode"]["ssh"]>;

describe("the way to the node by SSH", function () {
  this.timeout(60_000);
  let server: SshServer;

  before(async function () {
    server = await SshServer.startOrSkip(this);
    await healthyNode(server);
  });

  after(() => server?.remove());

  const here = (): Ssh => ({
    host: "127.0.0.1",
    port: server.port,
    user: server.user,
    hostKey: server.hostKeys.public,
    agent: false,
  });

  const { PATH } = process.env;

  function ask(
    ssh: Partial<Ssh>,
    sshKey?: string,
    environment: NodeJS.ProcessEnv = { PATH },
  ): Promise<Finding[]> {
    const gpuNode = { ...ml.settings.gpuNode, ssh: { ...here(), ...ssh } };
    return checkBySsh({ ...ml, settings: { ...ml.settings, gpuNode } }, { sshKey, environment });
  }

  async function reaches(ssh: Partial<Ssh>, sshKey?: string, environment?: NodeJS.ProcessEnv): Promise<void> {
    const findings = await ask(ssh, sshKey, environment);
    assert.deepEqual(findings[0], { item: "SSH", state: "ok", found: `${server.user}@127.0.0.1` });
    assert.deepEqual(
      findings.filter(({ state }) => state === "fault" || state === "unknown"),
      [],
    );
  }

  async function refuses(asked: Promise<Finding[]>, found: RegExp, fix: RegExp): Promise<void> {
    const findings = await asked;
    assert.equal(findings.length, 1);
    assert.match(findings[0]?.found ?? "", found);
    assert.match(findings[0]?.fix ?? "", fix);
    assert.deepEqual([findings[0]?.item, findings[0]?.state], ["SSH", "fault"]);
  }

  it("takes the key from memory", () => reaches({}, server.userKeys.private));

  it("keeps it off the disk, and leaves nothing behind", async () => {
    const { TMPDIR } = process.env;
    const folder = await mkdtemp(join(server.folder, "tmp-"));
    let written = "";
    const watching = setInterval(() => {
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (entry.isFile()) written += readFileSync(join(entry.parentPath, entry.name), "utf8");
      }
    }, 20);
    process.env.TMPDIR = folder;
    try {
      await reaches({}, server.userKeys.private);
    } finally {
      clearInterval(watching);
      if (TMPDIR === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = TMPDIR;
    }
    assert.ok(!written.includes(keyLine(server)), "the key was on disk");
    assert.deepEqual(readdirSync(folder), []);
    const agent = /^\d+$/m.exec(written)?.[0];
    assert.ok(agent, "no agent was seen");
    await eventually(5, async () => commandOf(agent) === "" || undefined);
  });

  it("takes the key from a file", async () => {
    const keyFile = join(server.folder, "key");
    await writeFile(keyFile, server.userKeys.private, { mode: 0o600 });
    await reaches({ keyFile });
  });

  it("takes the key from an agent", async () => {
    const socket = join(server.folder, "agent");
    const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      await once(agent.stdout, "data");
      const environment = { ...process.env, SSH_AUTH_SOCK: socket };
      await refuses(
        ask({ agent: true }, undefined, environment),
        /^the SSH agent gives no key: agent contains no identities$/,
        /ssh-add/,
      );
      const add = spawn("ssh-add", ["-q", "-"], {
        env: environment,
        stdio: ["pipe", "ignore", "inherit"],
      });
      add.stdin.end(server.userKeys.private);
      assert.deepEqual(await once(add, "exit"), [0, null]);
      await reaches({ agent: true }, undefined, environment);
    } finally {
      agent.kill();
      await once(agent, "exit");
    }
  });

  it("goes through a jump host, whose host key is pinned as well", async () => {
    const { host, port, user, hostKey } = here();
    await reaches({ jump: { host, port, user, hostKey } }, server.userKeys.private);
    await refuses(
      ask({ jump: { host, port, user, hostKey: makeKeys().public } }, server.userKeys.private),
      /shows host key ssh-ed25519 SHA256:\S+, and ssh-ed25519 SHA256:\S+ is pinned/,
      /gpuNode\.ssh\.jump\.hostKey/,
    );
    await refuses(
      ask({ port: 1, jump: { host, port, user, hostKey } }, server.userKeys.private),
      /^jump host 127\.0\.0\.1:\d+ cannot reach 127\.0\.0\.1:1: Connection refused$/,
      /AllowTcpForwarding/,
    );
  });

  it("ends where the node does not answer, says nothing or stops in between, behind a jump host, too", async () => {
    const { host, port, user, hostKey } = here();
    const jump = { host, port, user, hostKey };
    const [dropping, silent, stalling] = await Promise.all([
      droppingListener(),
      silentListener(),
      silentListener(0, "SSH-2.0-OpenSSH_9.2\r\n"),
    ]);
    try {
      await Promise.all([
        refuses(
          ask({ port: stalling.port }, server.userKeys.private),
          /does not finish the log-in in time$/,
          /ssh -v/,
        ),
        refuses(
          ask({ port: dropping.port, jump }, server.userKeys.private),
          /does not answer jump host 127\.0\.0\.1:\d+ within 10 s/,
          /firewall/,
        ),
        refuses(
          ask({ port: silent.port, jump }, server.userKeys.private),
          /accepts the connection and then says nothing$/,
          /systemctl restart ssh/,
        ),
      ]);
    } finally {
      await Promise.all([dropping, silent, stalling].map((one) => one.close()));
    }
  });

  const keys: [string, () => Promise<Finding[]>, RegExp, RegExp][] = [
    ["no agent", () => ask({ agent: true }), /SSH_AUTH_SOCK is not set/, /ssh-agent/],
    [
      "no ssh",
      () => ask({}, server.userKeys.private, { PATH: "/nowhere" }),
      /^OpenSSH's client .* is not on the PATH/,
      /Install it/,
    ],
    [
      "an agent that has ended",
      () => ask({ agent: true }, undefined, { PATH, SSH_AUTH_SOCK: "/nowhere/agent" }),
      /^the SSH agent gives no key: No such file or directory$/,
      /ssh-add/,
    ],
    [
      "a key with a passphrase",
      () => ask({}, makeKeys("secret").private),
      /^the key of the secret sshKey is protected by a passphrase/,
      /ssh-add/,
    ],
    [
      "no such file",
      () => ask({ keyFile: "/nowhere/key" }),
      /names \/nowhere\/key, and there is no such file/,
      /private key/,
    ],
    [
      "a public key",
      () => ask({}, server.userKeys.public),
      /the secret sshKey holds a public key/,
      /private one/,
    ],
    [
      "no key at all",
      () => ask({}, "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----"),
      /holds no private key/,
      /ssh-keygen/,
    ],
    [
      "another's key",
      () => ask({}, makeKeys().private),
      /does not accept key SHA256:\S+ for user/,
      /authorized_keys/,
    ],
  ];
  for (const [name, asked, found, fix] of keys) {
    it(`says so with ${name}`, () => refuses(asked(), found, fix));
  }

  const others: [string, string, RegExp, RegExp][] = [
    ["closes the connection", "", /^127\.0\.0\.1:\d+ closes the connection$/, /journalctl -u ssh/],
    [
      "speaks another protocol",
      "HTTP/1.1 400 Bad Request\r\nServer: web\r\n\r\n",
      /^what listens at 127\.0\.0\.1:\d+ cannot be spoken with by SSH; it says: HTTP\/1\.1 400 Bad Request$/,
      /Look whether it is an SSH server/,
    ],
  ];
  for (const [about, words, found, fix] of others) {
    it(`says so of a server that ${about}`, async () => {
      const other = createServer((socket) => socket.on("error", () => {}).end(words));
      other.listen(0, "127.0.0.1");
      await once(other, "listening");
      try {
        const { port } = other.address() as { port: number };
        await refuses(ask({ port }, server.userKeys.private), found, fix);
      } finally {
        other.close();
      }
    });
  }
});

/** The words of a process; none once it has ended, though nobody may have asked for its status yet. */
function commandOf(id: string): string {
  try {
    return readFileSync(`/proc/${id}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
