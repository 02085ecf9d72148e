import { chmod, copyFile, cp, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder, goModules, partFolder } from "./cache.ts";
import type { Part } from "./parts.ts";
import { CommandFailed, run } from "./processes.ts";
import { UserError } from "./user-error.ts";
import { versions } from "./versions.ts";

/** Go's own caches for our builds; removed when everything is built. */
export const buildCaches = () => ({
  GOMODCACHE: join(cacheFolder(), "go", "modules"),
  GOCACHE: join(cacheFolder(), "go", "build"),
});

function goEnvironment(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    GOMODCACHE: process.env.VLLM_PLATFORM_GOMODCACHE ?? buildCaches().GOMODCACHE,
    GOCACHE: process.env.VLLM_PLATFORM_GOCACHE ?? buildCaches().GOCACHE,
    CGO_ENABLED: "0",
    GOFLAGS: "-mod=readonly -buildvcs=false",
  };
}

/**
 * Fills a part's folder from Go modules, under a temporary name that becomes the final one only when all is there.
 * @throws UserError naming the step that failed and the way out.
 */
export async function buildPart(
  part: Part,
  signal: AbortSignal | undefined,
  note: (text: string) => void,
): Promise<void> {
  await requireGo(signal);
  const folder = partFolder(part);
  const unfinished = `${folder}.unfinished-${process.pid}`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  try {
    await fill(part, unfinished, signal, note);
    await rename(unfinished, folder);
  } catch (error) {
    throw error instanceof CommandFailed ? goFailure(part, error) : error;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function fill(part: Part, into: string, signal: AbortSignal | undefined, note: (text: string) => void) {
  const options = {
    env: goEnvironment(),
    ...(signal === undefined ? {} : { signal }),
    onLine: (line: string) => note(line.slice(0, 60)),
  };
  const module = join(goModules, part.module);
  const { recipe } = part;
  if (recipe.kind === "files") {
    const answer = await run("go", ["mod", "download", "-json", recipe.source], { ...options, cwd: module });
    const { Dir } = JSON.parse(answer.join("\n")) as { Dir: string };
    await copyWritable(join(Dir, recipe.path), join(into, part.name));
    return;
  }
  // Embedded files are laid beside a copy of our main, so that the checkout stays as it is.
  let source = module;
  if (recipe.embed !== undefined) {
    source = join(into, "source");
    await cp(module, source, { recursive: true });
    const [directory] = await run("go", ["list", "-m", "-f", "{{.Dir}}", recipe.embed.module], {
      ...options,
      cwd: module,
    }).then((lines) =>
      lines.at(-1) === "" ? downloaded(recipe.embed?.module ?? "", options, module) : lines.slice(-1),
    );
    for (const file of recipe.embed.files) {
      await copyWritable(join(directory ?? "", recipe.embed.folder, file), join(source, file));
    }
  }
  const variables = Object.entries(recipe.variables).map(([name, value]) => `-X ${name}=${value}`);
  for (const [file, target] of Object.entries(recipe.executables)) {
    const flags = ["-trimpath", "-gcflags=all=-dwarf=false", "-ldflags", ["-s -w", ...variables].join(" ")];
    await run("go", ["build", ...flags, "-o", join(into, file), target], { ...options, cwd: source });
  }
  if (source !== module) {
    await rm(source, { recursive: true });
  }
}

/** Downloads a module of the build list and answers its folder. */
async function downloaded(
  module: string,
  options: { env: NodeJS.ProcessEnv },
  cwd: string,
): Promise<string[]> {
  const answer = await run("go", ["mod", "download", "-json", module], { ...options, cwd });
  return [(JSON.parse(answer.join("\n")) as { Dir: string }).Dir];
}

/** Go's module cache is read-only; what we lay elsewhere is not. */
async function copyWritable(from: string, to: string): Promise<void> {
  if (!(await stat(from)).isDirectory()) {
    await copyFile(from, to);
    await chmod(to, 0o644);
    return;
  }
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from)) {
    await copyWritable(join(from, name), join(to, name));
  }
}

/** @throws UserError where Go is missing or too old. */
async function requireGo(signal: AbortSignal | undefined): Promise<void> {
  let answer: string;
  try {
    answer = (
      await run("go", ["env", "GOVERSION"], {
        ...(signal === undefined ? {} : { signal }),
        env: goEnvironment(),
      })
    ).join("");
  } catch (error) {
    if (error instanceof CommandFailed && error.status === 127) {
      throw new UserError(
        `The engine's parts have to be built, and there is no Go on this machine: install Go ${versions.go} or newer, put it on PATH and run the same command again.`,
      );
    }
    throw error;
  }
  const seen = /^go(\d+)\.(\d+)/.exec(answer);
  const [major = 0, minor = 0] = versions.go.split(".").map(Number);
  if (seen === null || Number(seen[1]) < major || (Number(seen[1]) === major && Number(seen[2]) < minor)) {
    throw new UserError(
      `The engine's parts have to be built with Go ${versions.go} or newer, and this machine has ${answer || "an unknown version"}: update Go and run the same command again.`,
    );
  }
}

/** One sentence for what the go tool said. */
export function goFailure(part: Part, failure: CommandFailed): UserError {
  const text = failure.lines.join("\n");
  const what = `${part.name} ${part.version} could not be built`;
  const sentences: [RegExp, string][] = [
    [
      /no space left on device/i,
      `the disk is full: free some space in ${cacheFolder()} or name another folder in VLLM_PLATFORM_CACHE`,
    ],
    [
      /checksum mismatch|SECURITY ERROR/i,
      "a downloaded module is not the one whose sum is committed: nothing of it was used; check the module proxy that GOPROXY names",
    ],
    [
      /signal: killed|cannot allocate memory/i,
      "the compiler was killed, most likely for memory: close other programs and run the same command again",
    ],
    [
      /403 Forbidden|407 Proxy/i,
      "the network refuses the Go module proxy: name one that is allowed in GOPROXY",
    ],
    [
      /no such host|connection refused|i\/o timeout|network is unreachable|dial tcp/i,
      "the Go module proxy cannot be reached: check the network or name a proxy in GOPROXY",
    ],
  ];
  const known = sentences.find(([pattern]) => pattern.test(text));
  const last = failure.lines.findLast((line) => line.trim() !== "") ?? `status ${failure.status}`;
  return new UserError(`${what}: ${known?.[1] ?? last}.`);
}
