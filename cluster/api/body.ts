/** What comes over a connection as text, up to a size: what answers need not be what it should be. */
import type { Readable } from "node:stream";

/** @throws Error where there is more of it; the connection is then closed. */
export async function textUpTo(mostBytes: number, stream: Readable): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of stream as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > mostBytes) {
      throw new Error(`it sends more than ${mostBytes / 1024 ** 2} MiB`);
    }
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}
