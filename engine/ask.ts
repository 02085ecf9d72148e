import { RefusedError } from "../system/errors.ts";
import { finish } from "../system/processes.ts";
import { harmless } from "../system/terminal/foreign-text.ts";
import { noPulumi } from "./no-pulumi.ts";
import { unreadableSecrets } from "./secrets.ts";

/**
 * Asks Pulumi something about a project, or sets a value there, and returns what it printed.
 * @param folder the project's.
 * @param input what it reads from standard input, where a secret goes.
 * @throws RefusedError where it fails: of secrets that cannot be read with what to do, else with its own words.
 */
export async function askPulumi(folder: string, words: readonly string[], input = ""): Promise<string> {
  const { status, stdout, stderr } = await finish("pulumi", words, {
    env: { ...process.env, PULUMI_OPTION_CWD: folder },
    input,
  }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === "ENOENT" ? noPulumi() : error;
  });
  if (status !== 0) {
    const said = harmless(stderr.trim() || stdout.trim());
    const stack = stackIn(words);
    throw (
      (stack && unreadableSecrets(stack, said)) ??
      new RefusedError(`\`pulumi ${words.join(" ")}\` failed.`, [
        {
          where: "pulumi",
          problem: said.split("\n").join("\n    "),
          fix: "Fix that and run the same command again; setting a value twice does no harm",
        },
      ])
    );
  }
  return stdout;
}

/** The stack that a command names. */
function stackIn(words: readonly string[]): string | undefined {
  const place = words.findIndex((word) => word === "--stack" || word === "-s");
  return place < 0 ? undefined : words[place + 1];
}
