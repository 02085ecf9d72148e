/**
 * `npm test`: type check, lint and unit tests first, because they need nothing; then the toolchain; then everything
 * that runs on the real engine. `npm test -- unit` and `npm test -- check` stop after that part.
 */
import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ensureToolchain } from "../toolchain/index.ts";
import { createProgress } from "../toolchain/progress.ts";
import { UserError } from "../toolchain/user-error.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const total = { passed: 0, failed: 0, skipped: 0 };
const times: string[] = [];

/** Runs a command with its output shown, and answers its status and what it printed. */
function show(command: string, args: readonly string[]): Promise<{ status: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk;
      process.stdout.write(chunk);
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ status: code ?? 1, output }));
  });
}

async function timed<T>(name: string, part: () => Promise<T>): Promise<T> {
  const began = Date.now();
  console.log(`\n== ${name}`);
  try {
    return await part();
  } finally {
    times.push(`${name}: ${Math.round((Date.now() - began) / 1000)} s`);
  }
}

/** A check without test cases counts as one. */
async function check(name: string, command: string, ...args: string[]): Promise<void> {
  const { status } = await timed(name, () => show(command, args));
  total[status === 0 ? "passed" : "failed"] += 1;
}

async function mocha(name: string, pattern: string): Promise<void> {
  const files = globSync(pattern, { cwd: root }).sort();
  const { status, output } = await timed(name, () =>
    show("mocha", ["--timeout", "180000", "--exit", "--reporter", "spec", ...files]),
  );
  const count = (word: string) => Number(new RegExp(`^\\s+(\\d+) ${word}`, "m").exec(output)?.[1] ?? 0);
  total.passed += count("passing");
  total.skipped += count("pending");
  total.failed += count("failing");
  if (files.length === 0 || (status !== 0 && count("failing") === 0)) {
    console.error(`${name} did not run to its end`);
    total.failed += 1;
  }
}

async function main(only: string | undefined): Promise<void> {
  if (only !== "unit") {
    await check("type check", "tsc", "--noEmit");
    await check("lint", "biome", "check", "--error-on-warnings", ".");
  }
  if (only !== "check") {
    await mocha("unit tests", "test/unit/**/*.test.ts");
  }
  if (only === undefined) {
    await timed("toolchain", () => ensureToolchain({ progress: createProgress() }));
    await mocha("conformance of the stand-ins", "test/conformance/**/*.test.ts");
    await mocha("engine tests", "test/engine/**/*.test.ts");
  }
}

try {
  await main(process.argv[2]);
} catch (error) {
  console.error(error instanceof UserError ? error.message : error);
  total.failed += 1;
}
console.log(`\n${times.join("\n")}\n`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
