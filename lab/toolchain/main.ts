/** `npm run toolchain`: makes all parts available and lists them. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { Ended } from "../../system/errors.ts";
import { inWords, newCommand } from "../../system/terminal/command-line.ts";
import { cachedPart, cacheFolder } from "./base/cache.ts";
import { committedChecksums } from "./base/official.ts";
import { createProgress } from "./base/progress.ts";
import { ensureToolchain, parts } from "./index.ts";
import { updateChecksums } from "./obtain/sums.ts";

const abort = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () =>
    abort.abort(
      new Ended("interrupted", "Stopped. What is complete is kept; the next run goes on from here."),
    ),
  );
}

const command = newCommand(
  "npm run toolchain --",
  "Makes the engine's parts available and lists part, version, size, where it came from, and what it was checked by.",
)
  .option("--all", "those too that only a real node, the drills and single tests need")
  .option("--json", "print the list as JSON")
  .action(list);
command
  .command("sums")
  .description(
    "For maintainers, on an open network: fill checksums.json with the sums that the publishers give.",
  )
  .action(sums);

await inWords(() => command.parseAsync());

async function list({ all, json }: { all?: boolean; json?: boolean }): Promise<void> {
  const toolchain = await ensureToolchain({
    progress: createProgress(process.stderr),
    signal: abort.signal,
    ...(all === true ? { parts: parts.map(({ name }) => name) } : {}),
  });
  const checksums = committedChecksums();
  const rows = parts.flatMap((part) => {
    const cached = cachedPart(part, checksums);
    return cached === undefined ? [] : [{ part: part.name, ...cached, bytes: sizeOf(cached.folder) }];
  });
  if (json === true) {
    const { warnings, bin, plugins } = toolchain;
    console.log(JSON.stringify({ cache: cacheFolder(), bin, plugins, parts: rows, warnings }, null, 2));
    return;
  }
  const widest = Math.max(...rows.map(({ part }) => part.length));
  const line = (part: string, version: string, bytes: number, rest: string) =>
    console.log([part.padEnd(widest), version.padEnd(8), megabytes(bytes).padStart(8), rest].join("  "));
  for (const { part, version, origin, checkedBy, bytes } of rows) {
    line(part, version, bytes, `${origin}, checked by ${checkedBy}`);
  }
  const bytesOfAll = rows.reduce((sum, { bytes }) => sum + bytes, 0);
  line("all", "", bytesOfAll, `in ${cacheFolder()}`);
  for (const warning of toolchain.warnings) {
    console.log(warning);
  }
}

async function sums(): Promise<void> {
  for (const line of await updateChecksums({ signal: abort.signal })) {
    console.log(line);
  }
}

function megabytes(bytes: number): string {
  return bytes < 1e6 ? "< 1 MB" : `${Math.round(bytes / 1e6)} MB`;
}

function sizeOf(path: string): number {
  const stat = statSync(path);
  return stat.isDirectory()
    ? readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0)
    : stat.size;
}
