import { existsSync } from "node:fs";
import { chmod, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../../system/errors.ts";
import { CommandFailed, run } from "../../../system/processes.ts";
import { cacheFolder } from "../base/cache.ts";
import type { Part } from "../base/parts.ts";
import { versions } from "../base/versions.ts";

/** Go's own caches for our builds, apart from the user's. */
const goCaches = () => ({
  GOMODCACHE: join(cacheFolder(), "go", "modules"),
  GOCACHE: join(cacheFolder(), "go", "build"),
});

/**
 * What decides the result is set here; where modules come from (`GOPROXY`, `GOPRIVATE`, `GOTOOLCHAIN`, proxies) stays
 * as the user has it.
 */
export function goEnvironment(cgo?: true): NodeJS.ProcessEnv {
  return {
    ...process.env,
    ...goCaches(),
    GOOS: process.platform,
    GOARCH: process.arch === "x64" ? "amd64" : process.arch,
    GOWORK: "off",
    GOFLAGS: "-mod=readonly -buildvcs=false",
    // Most are built without a C compiler.
    CGO_ENABLED: cgo === true ? "1" : "0",
  };
}

/** @throws UserError where Go is missing or too old for a part. */
export async function requireGo(part: Part, module: string, signal: AbortSignal | undefined): Promise<void> {
  const wanted = `install Go ${versions.go} or newer (https://go.dev/dl), put it on PATH and run the same command again`;
  const what = `${part.name} ${part.version} has to be built from its Go module`;
  let answer: string;
  try {
    // In the module's folder, so that GOTOOLCHAIN can bring the version that go.mod asks for.
    const options = { cwd: module, env: goEnvironment(), ...(signal === undefined ? {} : { signal }) };
    answer = (await run("go", ["env", "GOVERSION"], options)).at(-1) ?? "";
  } catch (error) {
    if (!(error instanceof CommandFailed)) {
      throw error;
    }
    if (error.status === 127) {
      throw new UserError(`${what}, and there is no Go on this machine: ${wanted}.`);
    }
    const text = error.lines.join(" ");
    const running = /running go ([\d.]+)/.exec(text)?.[1];
    throw new UserError(
      running === undefined
        ? `${what}, and the go command does not work here (${text.trim() || `status ${error.status}`}): ${wanted}.`
        : `${what}, and this machine has Go ${running}: ${wanted}.`,
    );
  }
  if (!newEnough(answer)) {
    throw new UserError(`${what}, and this machine has ${answer || "a Go of unknown version"}: ${wanted}.`);
  }
}

function newEnough(goVersion: string): boolean {
  const seen = /^(?:go|devel go)(\d+)\.(\d+)/.exec(goVersion);
  const [major = 0, minor = 0] = versions.go.split(".").map(Number);
  return (
    seen !== null && (Number(seen[1]) > major || (Number(seen[1]) === major && Number(seen[2]) >= minor))
  );
}

/** What the go tool prints → what is wrong and the way out. */
const knownFailures = (): [RegExp, string][] => [
  [
    /no space left on device|disk quota exceeded/i,
    `the disk is full: free some space, or name another folder than ${cacheFolder()} in VLLM_PLATFORM_CACHE`,
  ],
  [
    /checksum mismatch|SECURITY ERROR/i,
    "a downloaded module is not the one whose sum is committed, and nothing of it was used: check what GOPROXY names and what stands between, then run the same command again",
  ],
  [
    /signal: killed|cannot allocate memory|out of memory/i,
    "the compiler was killed, most likely because memory ran out (4 GB are enough): close other programs and run the same command again",
  ],
  [
    /compiler "[^"]*" not found|exec: "(gcc|g\+\+|cc|c\+\+)": executable file not found/i,
    "it is partly in C++, and there is no compiler for that: install gcc and g++ (Debian: build-essential) and run the same command again",
  ],
  [
    /Package libseccomp was not found|exec: "pkg-config": executable file not found/i,
    "it needs the headers of libseccomp: install libseccomp-dev and pkg-config (so named on Debian) and run the same command again",
  ],
  [
    /40[13] Forbidden|401 Unauthorized|407 Proxy|Proxy Authentication Required/i,
    "the Go module proxy or a proxy before it refuses: name a module proxy that is allowed in GOPROXY, or your proxy in HTTPS_PROXY, and run the same command again",
  ],
  [
    /module lookup disabled by GOPROXY=off/i,
    "GOPROXY=off forbids downloading its modules: name a module proxy in GOPROXY and run the same command again",
  ],
  [
    /no such host|connection refused|i\/o timeout|TLS handshake timeout|network is unreachable|dial tcp|connection reset/i,
    "the Go module proxy cannot be reached: check the network, or name a module proxy in GOPROXY, and run the same command again; what is built already is kept",
  ],
];

/** One sentence for what the go tool said. */
export function goFailure(parts: readonly Part[], failure: CommandFailed, logFile: string): UserError {
  const what = `${parts.map(({ name, version }) => `${name} ${version}`).join(", ")} could not be built`;
  const text = failure.lines.join("\n");
  const known = knownFailures().find(([pattern]) => pattern.test(text))?.[1];
  const last =
    failure.lines.findLast((line) => line.trim() !== "") ?? `go ended with status ${failure.status}`;
  return new UserError(`${what}: ${known ?? last}. All that go said: ${logFile}`);
}

/** Go's caches are several GB that nobody needs once all parts are there. */
export async function removeGoCaches(): Promise<void> {
  const { GOMODCACHE } = goCaches();
  if (existsSync(GOMODCACHE)) {
    await makeWritable(GOMODCACHE);
  }
  await rm(join(cacheFolder(), "go"), { recursive: true, force: true });
}

/** Go makes its module cache read-only, folders included. */
async function makeWritable(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) {
      await makeWritable(join(folder, entry.name));
    }
  }
}
