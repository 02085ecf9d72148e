// The command `gpu-mode`: what it can be asked for, and how it ends.
import { Command, CommanderError } from "commander";
import { doctor, doctorHelp } from "./doctor.ts";
import { Ended, endOf, exitCodes, exitMeanings } from "./exit-codes.ts";
import { forget } from "./forget.ts";
import { type InitOptions, init, initHelp } from "./init.ts";
import { plan, tokens } from "./plan.ts";
import { openProject, requireMode } from "./project.ts";
import { status } from "./status.ts";
import { modeHelp, switchMode } from "./switch-mode.ts";

const examples = `
Examples:
  gpu-mode ml                  serve the default model
  gpu-mode gaming              give the GPU back, for games
  gpu-mode r1 --force          declare r1 although the GPU node is off; it starts when the node is back
  gpu-mode status              which mode, since when, and whether users have what it promises
  gpu-mode status --json       the same for a program
  gpu-mode plan ml             what the model takes of the card, and whether the driver runs the image
  gpu-mode plan --model Qwen/Qwen3-8B-AWQ --gpu "RTX 4090" --context 32768
  gpu-mode doctor              whether GPU node and cluster have what a mode takes, and how to mend it
  gpu-mode init --context my-k3s    propose your cluster's values for Pulumi.yaml, and write them after a yes
  gpu-mode forget r1 --yes     drop the state of a standby stack; the cluster and the mode's file stay`;

const exitHelp = `
Exit status:
${Object.entries(exitCodes)
  .map(
    ([name, code]) =>
      `  ${String(code).padEnd(4)} ${name.padEnd(12)} ${exitMeanings[name as keyof typeof exitMeanings]}`,
  )
  .join("\n")}`;

function program(signal: AbortSignal): Command {
  const project = openProject();
  const command = new Command("gpu-mode")
    .enablePositionalOptions() // an option behind a subcommand is that one's, though gpu-mode itself has one so named
    .description(
      "Says what the one GPU is for. A mode is a stack: gpu-mode shares all its logic with plain `pulumi up -s <mode>`, waits until users have what the mode promises, and tells the time.",
    )
    .argument("<mode>", `switch to a mode: one of ${project.modes.join(", ")}`)
    .option("--force", "declare a mode that serves although the GPU node cannot serve it now")
    .option("--json", "print the result as JSON on standard output; progress goes to standard error")
    .action((mode: string, options: { force?: boolean; json?: boolean }) => {
      requireMode(project, mode);
      return switchMode(project, mode, { ...options, signal });
    })
    // Options of a subcommand are its own, also where they are called the same.
    .enablePositionalOptions()
    .addHelpText("after", () => `\nModes:\n${modeHelp(project)}\n${examples}\n${exitHelp}`)
    .showHelpAfterError("(gpu-mode --help tells more)");

  command
    .command("status")
    .description("the active mode, and whether users have what it promises; changes nothing")
    .option("--json", "print JSON")
    .action((options: { json?: boolean }) => status(project, { ...options, signal }));

  command
    .command("plan")
    .description("whether card and driver can run a mode or a model, with the numbers; reads files only")
    .argument("[mode]", "mode to start from, by default the default mode")
    .option("--model <id>", "Hugging Face id of a model in place of the mode's")
    .option("--gpu <name>", 'card in place of the node\'s, such as "RTX 4090"')
    .option("--context <tokens>", "longest context in place of the mode's", tokens)
    .option("--json", "print JSON")
    .action(
      (
        mode: string | undefined,
        options: { model?: string; gpu?: string; context?: number; json?: boolean },
      ) => plan(project, { mode, ...options }),
    );

  command
    .command("doctor")
    .description(
      "whether GPU node and cluster have what a mode takes: every item with the value seen and how to mend it; changes nothing",
    )
    .argument("[mode]", "mode to look for, by default the default mode")
    .option("--json", "print JSON")
    .addHelpText("after", doctorHelp)
    .action((mode: string | undefined, options: { json?: boolean }) =>
      doctor(project, mode, { ...options, signal }),
    );

  command
    .command("init")
    .description("proposes the values of your cluster for Pulumi.yaml, and writes them after a yes")
    .option("--context <name>", "context of the kubeconfig; the current one is never taken by itself")
    .option("--kubeconfig <path>", "kubeconfig file in place of the one that is set")
    .option("--node <name>", "GPU node, where there are several")
    .option("--host <name>", "host name of the public route, which no cluster can tell")
    .option("--yes", "write without asking")
    .option("--json", "print JSON; only proposes, unless --yes is given too")
    .addHelpText("after", initHelp)
    .action((options: InitOptions) => init(project, { ...options, signal }));

  command
    .command("forget")
    .description("drops a standby stack's state; objects in the cluster and the mode's file stay")
    .argument("<stack>", "name of the stack, which is its mode's")
    .option("--force", "also the active stack's, or while the cluster does not answer")
    .option("--yes", "do not ask")
    .option("--json", "print JSON")
    .action((stack: string, options: { force?: boolean; yes?: boolean; json?: boolean }) =>
      forget(project, stack, { ...options, signal }),
    );

  for (const one of [command, ...command.commands]) {
    one.exitOverride();
  }
  return command;
}

/** Runs the command and sets the process's exit status. */
export async function main(argv: readonly string[]): Promise<void> {
  const interrupt = new AbortController();
  let asked = 0;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      asked += 1;
      console.error(asked === 1 ? "Stopping …" : "Still stopping: pulumi finishes what is under way.");
      interrupt.abort(new Ended("interrupted", "Stopped; nothing was changed."));
    });
  }
  try {
    await program(interrupt.signal).parseAsync([...argv], { from: "user" });
  } catch (error) {
    process.exitCode = report(error, argv.includes("--json"));
  }
  // What only waits for an answer that nobody needs any more does not keep the command alive.
  process.stdout.write("", () => process.exit());
}

/** Tells a person, or a program, how it ended. */
function report(error: unknown, json: boolean): number {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  }
  const end = endOf(error);
  if (end === undefined) {
    console.error(error);
    return exitCodes.failed;
  }
  if (json) {
    console.log(JSON.stringify({ error: { exit: end.exit, message: end.message } }, null, 2));
  }
  console.error(end.message);
  return exitCodes[end.exit];
}
