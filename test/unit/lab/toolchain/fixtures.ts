// A cache and a PATH of a test's own, a script that plays the go tool, and a server on loopback that plays the
// publishers.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Part, type PartName, parts } from "../../../../lab/toolchain/base/parts.ts";
import type { Progress } from "../../../../lab/toolchain/base/progress.ts";
import { UserError } from "../../../../system/errors.ts";

const changed = [
  "PATH",
  "VLLM_PLATFORM_CACHE",
  "VLLM_PLATFORM_KEEP_BUILD_CACHE",
  "HTTPS_PROXY",
  "HTTP_PROXY",
  "NO_PROXY",
];

export function partNamed(name: PartName): Part {
  return parts.find((part) => part.name === name) ?? assert.fail(`no part ${name}`);
}

export class World {
  readonly folder = mkdtempSync(join(tmpdir(), "toolchain-"));
  readonly cache = join(this.folder, "cache");
  readonly bin = join(this.folder, "bin");
  readonly said: string[] = [];
  readonly progress: Progress = {
    say: (line) => void this.said.push(line),
    step: (name, _, run) => {
      this.said.push(name);
      return run(() => {});
    },
  };
  readonly #saved = changed.map((name) => [name, process.env[name]] as const);

  constructor() {
    mkdirSync(this.bin);
    for (const name of changed) {
      delete process.env[name];
    }
    process.env.VLLM_PLATFORM_CACHE = this.cache;
    process.env.PATH = this.bin;
    // Nothing listens there: no official server is asked.
    process.env.HTTPS_PROXY = "http://127.0.0.1:9";
  }

  remove(): void {
    for (const [name, value] of this.#saved) {
      if (value === undefined) {
        delete process.env[name];
      } else {
        process.env[name] = value;
      }
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  /**
   * A go tool that answers `go env GOVERSION`, says where a module lies that it is to download (below `modules` of the
   * folder), and runs these lines for `go build`, with the file to build in $OUT.
   */
  playGo(lines: string, version = "echo go1.26.8"): void {
    const script = `#!/bin/sh
export PATH=/usr/bin:/bin
if [ "$1" = env ]; then ${version}; exit; fi
echo "$@" >> ${join(this.folder, "calls")}
if [ "$1 $2 $3" = "mod download -json" ]; then echo "{\\"Dir\\": \\"${join(this.folder, "modules")}/$4\\"}"; fi
if [ "$1" != build ]; then exit 0; fi
while [ $# -gt 0 ]; do if [ "$1" = -o ]; then OUT=$2; fi; shift; done
${lines}
`;
    writeFileSync(join(this.bin, "go"), script);
    chmodSync(join(this.bin, "go"), 0o755);
  }

  /** Files and folders of the cache that are not yet, or no longer, what they are to become. */
  leftovers(): string[] {
    return existsSync(this.cache)
      ? readdirSync(this.cache, { recursive: true, encoding: "utf8" }).filter((name) =>
          /unfinished|^locks./.test(name),
        )
      : [];
  }
}

/** Asserts a UserError of one line. */
export function userError(pattern: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof UserError, `not a UserError: ${error}`);
    assert.match(error.message, pattern);
    assert.doesNotMatch(error.message, /\n/);
    return true;
  };
}

export interface Publisher {
  url: string;
  asked: string[];
  close(): Promise<void>;
}

/** Gives these texts at these paths, and 404 elsewhere; texts may be added later. */
export function publisherOf(texts: Readonly<Record<string, string>>): Promise<Publisher> {
  return publisher((request, answer) => {
    const text = texts[request.url ?? ""];
    answer.writeHead(text === undefined ? 404 : 200).end(text);
  });
}

/** Also plays a proxy, which refuses. */
export async function publisher(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Publisher> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    answer(request, response);
  }).listen(0, "127.0.0.1");
  server.on("connect", (request, socket) => {
    asked.push(`CONNECT ${request.url}`);
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
  });
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

export function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
