/** The SSH user's key, from the one place that the settings name. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import type { Settings } from "../../../stacks/settings/index.ts";
import { SshFault } from "./fault.ts";

/** Text of a private key and where it is from, for messages; undefined where the user's own agent has the key. */
export type UserKey = { text: string; where: string } | undefined;

/**
 * @param secret value of the secret `sshKey`, where it is set.
 * @throws SshFault where there is no usable key.
 */
export function userKey(
  ssh: NonNullable<Settings["gpuNode"]["ssh"]>,
  secret: string | undefined,
  environment: NodeJS.ProcessEnv,
): UserKey {
  if (ssh.agent) {
    if (environment.SSH_AUTH_SOCK) {
      return undefined;
    }
    throw new SshFault(
      "gpuNode.ssh.agent is true, and no agent runs here: SSH_AUTH_SOCK is not set",
      'Start one (`eval "$(ssh-agent)" && ssh-add`), or name a key by gpuNode.ssh.keyFile',
    );
  }
  if (ssh.keyFile !== undefined) {
    return checked(textOf(ssh.keyFile), `file ${ssh.keyFile}`);
  }
  if (secret === undefined) {
    throw new SshFault(
      "the secret sshKey was not handed over",
      "Set it by `npm run set-secret -- sshKey < <key file>`",
    );
  }
  return checked(secret, "the secret sshKey");
}

function textOf(file: string): string {
  try {
    return readFileSync(file.replace(/^~(?=\/)/, homedir()), "utf8");
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "there is no such file" : `it cannot be read (${code})`;
    throw new SshFault(`gpuNode.ssh.keyFile names ${file}, and ${why}`, "Name the file of the private key");
  }
}

function checked(text: string, where: string): UserKey {
  if (/^\s*(ssh|ecdsa|sk)-\S+ AAAA/.test(text)) {
    throw new SshFault(
      `${where} holds a public key`,
      "Take the private one, which has no `.pub` in its name",
    );
  }
  if (isEncrypted(text)) {
    throw new SshFault(
      `the key of ${where} is protected by a passphrase, and nobody can be asked here`,
      "Load it into an agent (`ssh-add`) and set gpuNode.ssh.agent, or make a key for this purpose alone: `ssh-keygen -t ed25519 -N ''`",
    );
  }
  // OpenSSH reads no key without the last line's end, which a secret loses, or with those of Windows.
  return { text: `${text.trim().replaceAll("\r\n", "\n")}\n`, where };
}

/** `ssh-add` would ask for the passphrase, on a terminal if there is one. */
function isEncrypted(text: string): boolean {
  const [, body] = /BEGIN OPENSSH PRIVATE KEY-----([^-]+)/.exec(text) ?? [];
  // OpenSSH's own format: 15 bytes that name it, then the cipher with its length in four bytes before it.
  return body === undefined
    ? /\bENCRYPTED\b/.test(text)
    : Buffer.from(body, "base64").toString("latin1", 15, 23) !== "\0\0\0\x04none";
}
