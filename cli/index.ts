// The command `gpu-mode`: what it can be asked for, and how it ends. What a subcommand needs is loaded with it.

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Command, CommanderError, InvalidArgumentError } from "commander";
import { endOf } from "../operations/ended.ts";
import { openProject, requireMode } from "../operations/project.ts";
import type { SwitchPhase } from "../operations/switch/phases.ts";
import { clientNames } from "../stacks/clients/index.ts";
import { Ended } from "../system/errors.ts";
import { newCommand } from "../system/terminal/command-line.ts";
import { addSections } from "../system/terminal/help-sections.ts";
import { jsonText } from "../system/terminal/json-text.ts";
import { wrapFor } from "../system/terminal/wrap.ts";
import type { DriftOptions } from "./drift/index.ts";
import { exitCodes } from "./exit-codes.ts";
import {
  clientsSections,
  doctorSections,
  driftSections,
  examples,
  exitSection,
  initSections,
  modesSection,
  verifySections,
} from "./help.ts";
import type { InitOptions } from "./init.ts";
import type { VerifyCommand } from "./verify/index.ts";

/** All that can be asked for. @param signal ends what is under way */
export function program(signal: AbortSignal): Command {
  const project = openProject();
  const command = newCommand(
    "gpu-mode",
    "Says what the one GPU is for. A mode is a stack: gpu-mode shares all its logic with plain `pulumi up -s <mode>`, waits until users have what the mode promises, and tells the time.",
  )
    .version(versionOf(project.clone), "-V, --version", "print the version")
    .enablePositionalOptions() // an option behind a subcommand is that one's, though gpu-mode itself has one so named
    .argument("<mode>", `switch to a mode: one of ${project.modes.join(", ")}`)
    .option("--force", "declare a mode that serves although GPU node or cluster cannot serve it now")
    .option("--json", "print the result as JSON on standard output; progress goes to standard error")
    .action(async (mode: string, options: { force?: boolean; json?: boolean }) => {
      requireMode(
        project,
        mode,
        command.commands.map((one) => one.name()),
      );
      const { switchMode } = await import("./switch-mode.ts");
      return switchMode(project, mode, { ...options, signal });
    });
  addSections(command, () => [modesSection(project), examples, exitSection]);

  command
    .command("status")
    .description("the active mode, and whether users have what it promises; changes nothing")
    .option("--json", "print JSON")
    .action(async (options: { json?: boolean }) => {
      const { status } = await import("./status.ts");
      return status(project, { ...options, signal });
    });

  command
    .command("plan")
    .description("whether card and driver can run a mode or a model, with the numbers; reads files only")
    .argument("[mode]", "mode to start from, by default the default mode")
    .option("--model <id>", "Hugging Face id of a model in place of the mode's")
    .option("--gpu <name>", 'card in place of the node\'s, such as "RTX 4090"')
    .option("--context <tokens>", "longest context in place of the mode's", tokens)
    .option("--json", "print JSON")
    .action(
      async (
        mode: string | undefined,
        options: { model?: string; gpu?: string; context?: number; json?: boolean },
      ) => {
        const { plan } = await import("./plan.ts");
        return plan(project, { mode, ...options });
      },
    );

  addSections(command.command("clients"), () => clientsSections)
    .description(
      "the configuration of a client for a mode: URLs, names, the key's place and the settings that make the way to the CPU short; reads files only",
    )
    .argument("<client>", `one of ${clientNames.join(", ")}`)
    .argument("[mode]", "mode to read, by default the default mode")
    .option("--json", "print JSON")
    .action(async (client: string, mode: string | undefined, options: { json?: boolean }) => {
      const { printClient } = await import("./clients/index.ts");
      return printClient(project, client, { mode, ...options });
    });

  addSections(command.command("doctor"), () => doctorSections)
    .description(
      "whether GPU node and cluster have what a mode takes: every item with the value found and how to fix it; changes nothing",
    )
    .argument("[mode]", "mode to look for, by default the default mode")
    .option("--json", "print JSON")
    .action(async (mode: string | undefined, options: { json?: boolean }) => {
      const { doctor } = await import("./doctor.ts");
      return doctor(project, mode, { ...options, signal });
    });

  addSections(command.command("verify"), () => verifySections)
    .description(
      "whether a live platform answers as it should, and how fast; changes nothing, but with --failover",
    )
    .argument("[mode]", "mode that is expected, by default the active one")
    .option("--url <url>", "server to ask, in place of the cluster's own")
    .option("--failover", "take the server away, and measure until the CPU answers and until it is back")
    .option("--yes", "do not ask; only with --failover")
    .option("--strict", "a missed target counts as a failure")
    .option("--json", "print JSON")
    .action(async (mode: string | undefined, options: Omit<VerifyCommand, "signal">) => {
      const { verifyPlatform } = await import("./verify/index.ts");
      return verifyPlatform(project, mode, { ...options, signal });
    });

  addSections(command.command("drift"), () => driftSections)
    .description(
      "whether the live platform, what the active stack last applied and its files are the same, field by field; changes nothing, but with --fix",
    )
    .option("--fix", "update the active stack, after a question")
    .option("--prune", "with --fix: delete objects that no stack declares, too")
    .option("--yes", "do not ask; only with --fix")
    .option("--json", "print JSON")
    .option("--markdown", "print a Markdown document, as for an issue")
    .action(async (options: DriftOptions) => {
      const { drift } = await import("./drift/index.ts");
      const view = async (phases: readonly SwitchPhase[]) =>
        (await import("./progress.ts")).phaseView(phases, true);
      return drift(project, { ...options, signal, view });
    });

  addSections(command.command("init"), () => initSections)
    .description("proposes the values of your cluster for Pulumi.yaml, and writes them after a yes")
    .option("--context <name>", "context of the kubeconfig; the current one is never taken by itself")
    .option("--kubeconfig <path>", "kubeconfig file in place of the one that is set", wholePath)
    .option("--node <name>", "GPU node, where there are several")
    .option("--host <name>", "host name of the public route, which no cluster can tell")
    .option("--yes", "write without asking")
    .option("--json", "print JSON; only proposes, unless --yes is given too")
    .action(async (options: InitOptions) => {
      const { init } = await import("./init.ts");
      return init(project, { ...options, signal });
    });

  command
    .command("forget")
    .description("drops a standby stack's state; objects in the cluster and the mode's file stay")
    .argument("<stack>", "name of the stack, which is its mode's")
    .option("--force", "also the active stack's, or while the cluster does not answer")
    .option("--yes", "do not ask")
    .option("--json", "print JSON")
    .action(async (stack: string, options: { force?: boolean; yes?: boolean; json?: boolean }) => {
      const { forget } = await import("./forget.ts");
      return forget(project, stack, { ...options, signal });
    });

  return command;
}

/** A path of a person's in this folder, as a file may name it that is read from any. */
function wholePath(path: string): string {
  return path.startsWith("~/") ? path : resolve(path);
}

/** The version that package.json gives. */
function versionOf(clone: string): string {
  const { version } = JSON.parse(readFileSync(join(clone, "package.json"), "utf8")) as { version: string };
  return version;
}

/** A number of tokens as the command line has it. */
function tokens(text: string): number {
  if (!/^\d{1,9}$/.test(text)) {
    throw new InvalidArgumentError("It must be a whole number of tokens, such as 8192.");
  }
  return Number(text);
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
    if ((error as { code?: string }).code === "ERR_MODULE_NOT_FOUND") {
      throw error; // gpu-mode.mjs says what to do
    }
    const status = report(error, argv.includes("--json"));
    // There 2 means drift, which no caller may take for a word mistyped.
    process.exitCode = argv[0] === "drift" && status === exitCodes.usage ? exitCodes.failed : status;
  }
  // What only waits for an answer that nobody needs any more does not keep the command alive.
  process.stdout.write("", () => process.exit());
}

/** Tells a person, or a program, how it ended. */
function report(error: unknown, json: boolean): number {
  const isUsage = error instanceof CommanderError;
  if (isUsage && error.exitCode === 0) {
    return exitCodes.done; // it was asked for help
  }
  const end = isUsage ? new Ended("usage", error.message.replace(/^error: /, "")) : endOf(error);
  if (end === undefined) {
    console.error(error);
    return exitCodes.failed;
  }
  if (json) {
    console.log(jsonText({ error: { exit: end.exit, message: end.message } }));
  }
  if (!isUsage) {
    console.error(wrapFor(process.stderr, end.message));
  } // what is wrong with the command line, Commander has told
  return exitCodes[end.exit];
}
