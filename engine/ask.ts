import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { RefusedError } from "../system/refused.ts";

/**
 * Asks Pulumi something about a project, or sets a value there, and returns what it printed.
 * @param folder the project's.
 * @param input what it reads from standard input, where a secret goes.
 * @throws RefusedError with its own words where it fails.
 */
export async function askPulumi(folder: string, words: readonly string[], input = ""): Promise<string> {
  const child = spawn("pulumi", words, {
    env: { ...process.env, PULUMI_OPTION_CWD: folder },
    stdio: ["pipe", "pipe", "pipe"],
  });
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
        fix: "Fix that and run the same command again; setting a value twice does no harm",
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
      fix: 'Install Pulumi, or run `eval "$(npm run -s env)"` for the sandbox',
    },
  ]);
}
