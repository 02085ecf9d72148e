/** The engine, by the Automation API: the `pulumi` on PATH, on a stack that is named and never selected. */
import { execFile } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { hostname } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import type { EngineEvent, Stack, UpdateSummary } from "@pulumi/pulumi/automation/index.js";
import { startedAt } from "../cluster/identify.mjs";
import { leaseVariable } from "../cluster/lease.ts";
import { isHeld, namedLocks } from "../cluster/pulumi-lock.ts";
import { Ended } from "./exit-codes.ts";

export interface EngineOptions {
  /** Folder of the project. */
  folder: string;
  /** Ends what is under way, once and politely. */
  signal: AbortSignal;
  /** Sentences for the person. */
  say: (text: string) => void;
}

export interface Engine {
  /** Whether an `up` would change anything. */
  differs(stack: string): Promise<boolean>;
  /**
   * `pulumi up` without a preview, under the Lease of this program.
   * @param onEvent gets what the engine tells while it works.
   */
  up(stack: string, lease: string, onEvent: (event: EngineEvent) => void): Promise<void>;
  /** Drops a stack's state, and nothing else: neither objects in the cluster nor the mode's file. */
  forget(stack: string): Promise<void>;
}

/** An update or preview that pulumi ended without success, with the engine's own words. */
export class EngineFailed extends Error {
  constructor(message: string) {
    super(message);
    this.name = "EngineFailed";
  }
}

/**
 * Finds pulumi and loads the Automation API, which takes longer than asking the cluster: begin it early.
 * @throws Ended where there is no pulumi on PATH, or one that is too old.
 */
export async function openEngine({ folder, signal, say }: EngineOptions): Promise<Engine> {
  process.env.GPU_MODE_PULUMI = findPulumi(process.env.PATH ?? "");
  process.env.GPU_MODE_NODE = process.execPath;
  const { ConcurrentUpdateError, LocalWorkspace, PulumiCommand, Stack, StackNotFoundError } = await import(
    "@pulumi/pulumi/automation/index.js"
  );
  const pulumiCommand = await PulumiCommand.get({ root: join(import.meta.dirname, "leash") });

  const open = async (name: string, environment: Record<string, string> = {}): Promise<Stack> => {
    const envVars = { PULUMI_OPTION_CWD: folder, ...environment };
    const workspace = await LocalWorkspace.create({ workDir: folder, pulumiCommand, envVars });
    // The stack that is selected is what the user's next plain pulumi works on, so it stays as it is.
    workspace.selectStack = async () => {};
    // Asked for after every update, and needed by nobody here.
    workspace.stackOutputs = async () => ({});
    const stack = await Stack.select(name, workspace);
    stack.info = async (): Promise<UpdateSummary | undefined> => undefined;
    return stack;
  };

  /** Makes the stack where it is missing, and clears the lock of a killed pulumi; then tries once more. */
  const withStack = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const problems = new Set<string>();
    for (;;) {
      try {
        return await work();
      } catch (error) {
        signal.throwIfAborted();
        const text = error instanceof Error ? error.message : String(error);
        const problem = error instanceof StackNotFoundError ? "missing" : "locked";
        const mendable = error instanceof StackNotFoundError || error instanceof ConcurrentUpdateError;
        if (!mendable || problems.has(problem)) {
          throw error;
        }
        problems.add(problem);
        await (problem === "missing" ? initStack(folder, name) : clearStaleLocks(name, folder, text, say));
      }
    }
  };

  return {
    differs: (name) =>
      withStack(name, async () => {
        const words: string[] = [];
        const stack = await open(name);
        const { changeSummary } = await told(words, signal, () =>
          stack.preview({ color: "never", signal, onEvent: (event) => keepErrors(words, event) }),
        );
        return Object.entries(changeSummary).some(([operation, count]) => operation !== "same" && count > 0);
      }),
    up: (name, lease, onEvent) =>
      withStack(name, async () => {
        const words: string[] = [];
        const stack = await open(name, { [leaseVariable]: lease });
        const onEngineEvent = (event: EngineEvent): void => {
          keepErrors(words, event);
          onEvent(event);
        };
        await told(words, signal, () => stack.up({ color: "never", signal, onEvent: onEngineEvent }));
      }),
    async forget(name) {
      const workspace = await LocalWorkspace.create({ workDir: folder, pulumiCommand });
      try {
        await workspace.removeStack(name, { force: true, preserveConfig: true });
      } catch (error) {
        if (error instanceof StackNotFoundError) {
          throw new Ended("usage", `There is no stack ${name}, so there is nothing to forget.`);
        }
        throw new EngineFailed(lastWords(error));
      }
    },
  };
}

/** The first pulumi of a PATH, in full. */
export function findPulumi(path: string): string {
  for (const folder of path.split(delimiter)) {
    const file = join(folder, process.platform === "win32" ? "pulumi.exe" : "pulumi");
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) {
        return file;
      }
    } catch {
      // not in this one
    }
  }
  throw new Ended(
    "usage",
    'There is no pulumi on PATH: install it (https://www.pulumi.com/docs/install/), or use the sandbox\'s shell (npm start, then eval "$(npm run -s env)").',
  );
}

async function initStack(folder: string, name: string): Promise<void> {
  const pulumi = String(process.env.GPU_MODE_PULUMI);
  const args = ["stack", "init", name, "--no-select", "--non-interactive", "--cwd", folder];
  await promisify(execFile)(pulumi, args).catch((error: unknown) => {
    throw new EngineFailed(`stack ${name} could not be made: ${lastWords(error)}`);
  });
}

/**
 * Clears the locks that an error names if all their holders are dead.
 * @throws Ended where one of them is alive, or is another machine's.
 */
async function clearStaleLocks(
  stack: string,
  folder: string,
  errorText: string,
  say: (text: string) => void,
): Promise<void> {
  const locks = namedLocks(errorText);
  const held = locks.find((lock) => isHeld(lock, { hostname: hostname(), startedAt }));
  if (held !== undefined || locks.length === 0) {
    const holder =
      held === undefined
        ? "another update is under way"
        : `pulumi of ${held.username} on ${held.hostname} (process ${held.pid}) holds its lock since ${held.timestamp}`;
    throw new Ended(
      "locked",
      `Stack ${stack} is locked: ${holder}. Nothing was changed; wait until it has ended. A lock of another machine that is certainly gone is cleared by: pulumi cancel -s ${stack}`,
    );
  }
  for (const { file } of locks) {
    if (file === undefined) {
      await promisify(execFile)(String(process.env.GPU_MODE_PULUMI), [
        ...["cancel", "--yes", "--stack", stack, "--non-interactive", "--cwd", folder],
      ]);
    } else {
      // Exactly this lock: `pulumi cancel` would take one away that was made since.
      await Promise.all([file, `${file}.attrs`].map((path) => rm(path, { force: true })));
    }
  }
  const killed = [...new Set(locks.map(({ pid }) => pid))].join(", ");
  say(`Stack ${stack} was locked by a pulumi that has been killed (process ${killed}); it is free again.`);
}

function keepErrors(words: string[], { diagnosticEvent }: EngineEvent): void {
  if (diagnosticEvent?.severity === "error") {
    words.push(diagnosticEvent.message.trim());
  }
}

/** Turns a failure into the engine's own words. What can be mended, or was asked for, is left as it is. */
async function told<T>(words: string[], signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { name, message } = error as Error;
    if (name === "ConcurrentUpdateError" || name === "StackNotFoundError" || signal.aborted) {
      throw error;
    }
    throw new EngineFailed(words.length > 0 ? words.join("\n") : errorLines(message));
  }
}

/** Of all that a command printed, what it called an error. */
function errorLines(output: string): string {
  const lines = output.split("\n").filter((line) => line.startsWith("error: "));
  return lines.length > 0 ? lines.map((line) => line.slice("error: ".length)).join("\n") : output.trim();
}

/** What a failed command wrote on its error stream, else its message. */
function lastWords(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message?: string };
  return (stderr || message || String(error)).trim();
}
