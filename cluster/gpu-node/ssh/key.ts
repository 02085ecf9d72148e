/** The SSH user's key, from the one place that the settings name. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import ssh2 from "ssh2";
import { fingerprint } from "../../../stacks/settings/host-key.ts";
import type { Settings } from "../../../stacks/settings/index.ts";
import { SshFault } from "./fault.ts";

type SshSettings = NonNullable<Settings["gpuNode"]["ssh"]>;

/** A private key, or the socket of an agent that has one; never printed. */
export type UserKey = { kind: "key"; text: string; fingerprint: string } | { kind: "agent"; socket: string };

/**
 * @param secret value of the secret `sshKey`, where it is set.
 * @throws SshFault where there is no usable key.
 */
export function userKey(
  ssh: SshSettings,
  secret: string | undefined,
  environment: NodeJS.ProcessEnv,
): UserKey {
  if (ssh.agent) {
    const socket = environment.SSH_AUTH_SOCK;
    if (!socket) {
      throw new SshFault(
        "gpuNode.ssh.agent is true, and no agent runs here: SSH_AUTH_SOCK is not set",
        'Start one (`eval "$(ssh-agent)" && ssh-add`), or name a key by gpuNode.ssh.keyFile',
      );
    }
    return { kind: "agent", socket };
  }
  if (ssh.keyFile !== undefined) {
    return readKey(textOf(ssh.keyFile), `file ${ssh.keyFile}`);
  }
  if (secret === undefined) {
    throw new SshFault(
      "the secret sshKey was not handed over",
      "Set it by `npm run set-secret -- sshKey < <key file>`",
    );
  }
  return readKey(secret, "the secret sshKey");
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

function readKey(text: string, where: string): UserKey {
  const read: unknown = ssh2.utils.parseKey(text);
  const key = (Array.isArray(read) ? read[0] : read) as ssh2.ParsedKey | Error;
  if (key instanceof Error) {
    throw /encrypted|passphrase/i.test(key.message)
      ? new SshFault(
          `the key of ${where} is protected by a passphrase, and nobody can be asked here`,
          "Load it into an agent (`ssh-add`) and set gpuNode.ssh.agent, or make a key for this purpose alone: `ssh-keygen -t ed25519 -N ''`",
        )
      : new SshFault(
          `${where} holds no private key that can be read`,
          "Take one made by `ssh-keygen -t ed25519`",
        );
  }
  if (!key.isPrivateKey()) {
    throw new SshFault(
      `${where} holds a public key`,
      "Take the private one, which has no `.pub` in its name",
    );
  }
  return { kind: "key", text, fingerprint: fingerprint(key.getPublicSSH()) };
}
