/**
 * `npm run set-secret -- <name>`: sets a secret of the configuration in every mode, as `Pulumi.yaml` cannot hold one.
 * The value comes from a prompt that does not show it, or from standard input; it is handed to Pulumi on its standard
 * input, and is never an argument.
 */
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { askPulumi } from "../engine/ask.ts";
import { openProject } from "../operations/project.ts";
import { planSecret, secretNamed, secretValue, stackNames } from "../operations/secret-commands.ts";
import { type SecretName, secretForms, secretNames } from "../stacks/settings/index.ts";
import { RefusedError } from "../system/errors.ts";
import { inWords, newCommand } from "../system/terminal/command-line.ts";
import { addSections, type Section } from "../system/terminal/help-sections.ts";

async function readValue(name: SecretName): Promise<string> {
  if (!process.stdin.isTTY) {
    return text(process.stdin);
  }
  const { fromFile } = secretForms[name];
  if (fromFile !== undefined) {
    throw new RefusedError("Nothing is set.", [
      {
        where: "standard input",
        problem: `${name} has several lines, which a prompt cannot take`,
        fix: `Run \`npm run set-secret -- ${name}${fromFile}\``,
      },
    ]);
  }
  process.stderr.write(`${name} (what you type is not shown): `);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const prompt = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  try {
    return await prompt.question("");
  } catch (error) {
    throw (error as Error).name === "AbortError" ? leftWithoutValue() : error; // Ctrl-C or Ctrl-D
  } finally {
    prompt.close();
    process.stderr.write("\n");
  }
}

function leftWithoutValue(): RefusedError {
  return new RefusedError("Nothing is set.", [
    { where: "the prompt", problem: "it was left without a value", fix: "Run the same command again" },
  ]);
}

async function setSecret(words: readonly string[]): Promise<void> {
  const { folder, modes } = openProject();
  const name = secretNamed(words);
  const stacks = stackNames(await askPulumi(folder, ["stack", "ls", "--json", "--non-interactive"]));
  const { commands, withoutStack } = planSecret(name, modes, stacks);
  const value = secretValue(name, await readValue(name));
  for (const command of commands) {
    await askPulumi(folder, command.arguments, value);
    console.log(`${command.mode}: ${name} is set`);
  }
  for (const mode of withoutStack) {
    console.log(`${mode}: has no stack yet; run \`pulumi stack init ${mode}\`, then this command again`);
  }
}

/** What each is for. */
const purposes: Readonly<Record<SecretName, string>> = {
  huggingFaceToken: "token for models that Hugging Face gives only to those who agreed to terms",
  sshKey: "private key by which the GPU node is asked (docs/gpu-node.md)",
};

const sections: readonly Section[] = [
  { title: "Secrets", items: Object.entries(purposes) },
  {
    title: "Examples",
    items: secretNames.map((name) => [`npm run set-secret -- ${name}${secretForms[name].fromFile ?? ""}`]),
  },
];

const command = addSections(
  newCommand(
    "npm run set-secret --",
    "Sets a secret of the configuration in every mode that has a stack, encrypted by Pulumi. The value is asked for, or read from standard input; it is no argument, which other users of the machine and the shell's history would see.",
  )
    .argument("<name>", `one of ${secretNames.join(", ")}`)
    // What is unknown may be the secret, and must not be repeated.
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => setSecret(command.args)),
  () => sections,
);

await inWords(() => command.parseAsync());
