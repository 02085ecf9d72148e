/** `npm run toolchain`: makes all parts available and lists them. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { cacheFolder, originOf, partFolder } from "./cache.ts";
import { ensureToolchain, parts } from "./index.ts";
import { createProgress } from "./progress.ts";
import { UserError } from "./user-error.ts";

const command = new Command("npm run toolchain --")
  .description(
    "Builds the parts of the engine that are missing, and lists part, version, where it came from, and size.",
  )
  .option("--json", "print the list as JSON")
  .parse();

try {
  const { json } = command.opts<{ json?: boolean }>();
  const abort = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => abort.abort(new UserError("Stopped. The next run goes on from here.")));
  }
  const toolchain = await ensureToolchain({ progress: createProgress(process.stderr), signal: abort.signal });
  const rows = parts.map((part) => ({
    part: part.name,
    version: part.version,
    origin: originOf(part),
    megabytes: Math.round(sizeOf(partFolder(part)) / 1e6),
  }));
  if (json === true) {
    console.log(JSON.stringify({ cache: cacheFolder(), parts: rows }, null, 2));
  } else {
    for (const row of rows) {
      console.log(
        `${row.part.padEnd(27)} ${row.version.padEnd(9)} ${`${row.megabytes} MB`.padStart(7)}  ${row.origin}`,
      );
    }
    console.log(`in ${cacheFolder()}`);
    for (const warning of toolchain.warnings) {
      console.log(warning);
    }
  }
} catch (error) {
  if (!(error instanceof UserError)) {
    throw error;
  }
  console.error(error.message);
  process.exitCode = 1;
}

function sizeOf(path: string): number {
  const stat = statSync(path);
  return stat.isDirectory()
    ? readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0)
    : stat.size;
}
