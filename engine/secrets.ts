/** What keeps pulumi from reading a stack's secrets, as a fault of the settings. Pure. */
import { modeFile } from "../stacks/vocabulary/file-names.ts";
import { type Fault, RefusedError } from "../system/errors.ts";

/**
 * The refusal that an error of pulumi's means; undefined where it means something else.
 * @param stack whose file holds the secrets
 */
export function unreadableSecrets(stack: string, errorText: string): RefusedError | undefined {
  const found = causes.find(({ pattern }) => pattern.test(errorText));
  return found === undefined
    ? undefined
    : new RefusedError(`The secrets of stack ${stack} cannot be read, so pulumi has not begun.`, [
        found.fault(stack),
      ]);
}

const anew = "npm run set-secret -- <name> writes one anew";

const causes: readonly { pattern: RegExp; fault: (stack: string) => Fault }[] = [
  {
    pattern: /passphrase must be set with PULUMI_CONFIG_PASSPHRASE/,
    fault: (stack) => ({
      where: "PULUMI_CONFIG_PASSPHRASE",
      problem: `it is not set, and neither is PULUMI_CONFIG_PASSPHRASE_FILE; with that passphrase the secrets of stack ${stack} are encrypted`,
      fix: "Set one of them to the passphrase, or to the path of a file that holds it",
    }),
  },
  {
    pattern: /incorrect passphrase/,
    fault: (stack) => ({
      where: modeFile(stack),
      key: "encryptionsalt",
      problem:
        "it was made with another passphrase than the one in PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE",
      fix: `Set the one with which the stack was made. If it is lost: gpu-mode forget ${stack} (with --force where it has the GPU), delete this key and each value of the form \`secure: v1:…\` from the file; ${anew}`,
    }),
  },
  {
    pattern: /cipher: message authentication failed/,
    fault: (stack) => ({
      where: modeFile(stack),
      key: "encryptionsalt",
      problem: "a value of the form `secure: v1:…` in this file was encrypted with another one",
      fix: `Put the former encryptionsalt back (git diff ${modeFile(stack)}), or delete those values; ${anew}`,
    }),
  },
];
