// What Pulumi runs: index.ts, as soon as it is sure that this Node.js can. Plain JavaScript, so that an older one can say so.
import { RunError } from "@pulumi/pulumi";

/** The stack's outputs. What a person can fix is told in words, not as a stack trace. */
export default async function main() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 22 || (major === 22 && minor < 18)) {
    throw new RunError(
      `This stack needs Node.js 22.18 or newer, and the first \`node\` on PATH is ${process.version}. Install a newer one, or use \`npm start\`, which brings its own.`,
    );
  }
  const { stack } = await import("./index.ts");
  try {
    return await stack();
  } catch (error) {
    throw error instanceof Error && error.name === "RefusedError" ? new RunError(error.message) : error;
  }
}
