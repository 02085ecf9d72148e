import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { RefusedError } from "../stacks/errors.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Runs Pulumi as the environment has it, and returns what it printed.
 * @throws RefusedError with its own words where it fails.
 */
export async function pulumi(words: readonly string[], input = ""): Promise<string> {
  const child = spawn("pulumi", words, { cwd: root, stdio: ["pipe", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  child.stdin.on("error", () => {}); // it ended without reading; its status tells
  child.stdin.end(input);
  const [status, output, errors] = await Promise.all([ended, text(child.stdout), text(child.stderr)]).catch(
    (error: NodeJS.ErrnoException) => {
      throw error.code === "ENOENT" ? notFound() : error;
    },
  );
  if (status !== 0) {
    throw new RefusedError(`\`pulumi ${words.join(" ")}\` failed.`, [
      {
        where: "pulumi",
        problem: (errors.trim() || output.trim()).split("\n").join("\n    "),
        mend: "Mend that and run the same command again; setting a value twice does no harm",
      },
    ]);
  }
  return output;
}

function notFound(): RefusedError {
  return new RefusedError("Pulumi cannot be run.", [
    {
      where: "PATH",
      problem: "there is no `pulumi` on it",
      mend: 'Install Pulumi, or run `eval "$(npm run -s env)"` for the sandbox',
    },
  ]);
}
