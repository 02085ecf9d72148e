#!/usr/bin/env node
// The command `gpu-mode`. Plain JavaScript, so that an older Node.js can say what it lacks.
import { existsSync } from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";

// Also the first npm command in a clone without packages installs them.
const installing = "`npm run -s render -- --help` in the clone, which installs the packages";
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  // The packages bring a Node.js, and npx puts it first on PATH.
  const way = existsSync(new URL("../node_modules/.bin/node", import.meta.url))
    ? "run it as `npx gpu-mode` in the clone, which brings its own"
    : `run ${installing} and with them the one that \`npx gpu-mode\` takes`;
  console.error(
    `gpu-mode needs Node.js 22.18 or newer, and ${process.execPath} is ${process.version}: install a newer one, or ${way}.`,
  );
  process.exitCode = 1;
} else {
  // Importing Pulumi is most of what a short command does, here and in the program that pulumi runs. Compiled code is kept in
  // this clone, whose owner's word counts anyway: Node.js runs what it finds there, whoever wrote it, and anybody may write into
  // the system's folder for temporary files. Where the clone cannot be written, nothing is kept.
  process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL("../node_modules/.cache/node", import.meta.url));
  module.enableCompileCache?.();
  try {
    const { main } = await import("./index.ts");
    await main(process.argv.slice(2));
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ERR_MODULE_NOT_FOUND") {
      throw error;
    }
    console.error(`A package is missing: run ${installing}.`);
    process.exitCode = 1;
  }
}
