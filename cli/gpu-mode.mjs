#!/usr/bin/env node
// The command `gpu-mode`. Plain JavaScript, so that an older Node.js can say what it lacks.
import module from "node:module";

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `gpu-mode needs Node.js 22.18 or newer, and ${process.execPath} is ${process.version}: install a newer one, or run it as \`npx gpu-mode\` in the clone, which brings its own.`,
  );
  process.exitCode = 1;
} else {
  // Importing Pulumi is most of what a short command does; compiled code is kept in the system's folder for temporary files.
  module.enableCompileCache?.();
  try {
    const { main } = await import("./index.ts");
    await main(process.argv.slice(2));
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND") {
      throw error;
    }
    console.error(`A package is missing: run npm install in ${new URL("..", import.meta.url).pathname}`);
    process.exitCode = 1;
  }
}
