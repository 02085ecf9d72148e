import { RefusedError } from "../system/errors.ts";
import { finish } from "../system/processes.ts";

/**
 * Asks Pulumi something about a project, or sets a value there, and returns what it printed.
 * @param folder the project's.
 * @param input what it reads from standard input, where a secret goes.
 * @throws RefusedError with its own words where it fails.
 */
export async function askPulumi(folder: string, words: readonly string[], input = ""): Promise<string> {
  const { status, stdout, stderr } = await finish("pulumi", words, {
    env: { ...process.env, PULUMI_OPTION_CWD: folder },
    input,
  }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === "ENOENT" ? notFound() : error;
  });
  if (status !== 0) {
    throw new RefusedError(`\`pulumi ${words.join(" ")}\` failed.`, [
      {
        where: "pulumi",
        problem: (stderr.trim() || stdout.trim()).split("\n").join("\n    "),
        fix: "Fix that and run the same command again; setting a value twice does no harm",
      },
    ]);
  }
  return stdout;
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
