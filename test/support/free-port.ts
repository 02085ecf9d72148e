import { isFree } from "../../lab/sandbox/base/ports.ts";

/**
 * Below the ports of sandboxes, which are below those that Linux hands out: what listens a moment later finds it free still. Above 10080,
 * the last that `fetch` refuses.
 */
const range = { first: 11_000, last: 19_999 };

/** A port of 127.0.0.1 that nobody listens on. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = range.first + Math.floor(Math.random() * (range.last - range.first + 1));
    if (await isFree(port)) return port;
  }
}
