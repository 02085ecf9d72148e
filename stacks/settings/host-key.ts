// Public host keys of SSH servers, as known_hosts and ssh-keyscan write them.
import { createHash } from "node:crypto";

/** A public host key. */
export interface HostKey {
  /** Kind of key, for example `ssh-ed25519`. */
  type: string;
  /** The key as it goes over the wire, base64. */
  base64: string;
}

/** Kinds of key that a server may be known by; certificates and DSA are not among them. */
const types = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa"];

/**
 * Reads `ssh-ed25519 AAAA…`, with a host's name before it or a comment behind it; undefined for anything else, and for a
 * key that is cut short or is not of the kind that it is called.
 */
export function parseHostKey(text: string): HostKey | undefined {
  const words = text.trim().split(/\s+/);
  const at = words.findIndex((word) => types.includes(word));
  const [type, base64] = words.slice(at, at + 2);
  if (at < 0 || at > 1 || type === undefined || base64 === undefined) {
    return undefined;
  }
  const parts = wireParts(Buffer.from(base64, "base64"));
  const wanted = type === "ssh-ed25519" ? 2 : 3;
  return /^[A-Za-z0-9+/]+={0,2}$/.test(base64) && parts?.length === wanted && parts[0]?.toString() === type
    ? { type, base64 }
    : undefined;
}

/** The parts of a key in wire form: each with its length in four bytes before it (RFC 4253, 6.6). */
function wireParts(wire: Buffer): Buffer[] | undefined {
  const parts: Buffer[] = [];
  let at = 0;
  while (at + 4 <= wire.length) {
    const end = at + 4 + wire.readUInt32BE(at);
    if (end > wire.length) {
      return undefined;
    }
    parts.push(wire.subarray(at + 4, end));
    at = end;
  }
  return at === wire.length ? parts : undefined;
}

/** `SHA256:…`, as `ssh` and `ssh-keygen -l` show it. */
export function fingerprint({ base64 }: HostKey): string {
  const sum = createHash("sha256").update(Buffer.from(base64, "base64")).digest("base64");
  return `SHA256:${sum.replace(/=+$/, "")}`;
}
