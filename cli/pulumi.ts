/**
 * The engine: the `pulumi` on PATH, on a stack that is named and never selected. What changes something goes by the
 * Automation API; a preview is asked for without it, since loading it takes as long as half a preview.
 */
import { execFile } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { EngineEvent, Stack, UpdateSummary } from "@pulumi/pulumi/automation/index.js";
import { forceVariable } from "../cluster/check/refusal.ts";
import { leaseVariable } from "../cluster/lease.ts";
import { Ended } from "./exit-codes.ts";
import { isCutOff, mendCutOff } from "./stack-files.ts";
import { clearStaleLocks, isLocked } from "./stack-lock.ts";

export interface EngineOptions {
  /** Folder of the project. */
  folder: string;
  /** Ends what is under way, once and politely. */
  signal: AbortSignal;
  /** Sentences for the person. */
  say: (text: string) => void;
}

export interface Engine {
  /** Loads what changes need, ahead of them. */
  prepare(): void;
  /** Whether an `up` would change anything. */
  differs(stack: string): Promise<boolean>;
  /**
   * `pulumi up` without a preview, under the Lease of this program.
   * @param force declares a mode although it cannot work now.
   * @param onEvent gets what the engine tells while it works.
   */
  up(
    stack: string,
    { lease, force }: { lease: string; force: boolean },
    onEvent: (event: EngineEvent) => void,
  ): Promise<void>;
  /** Drops a stack's state, and nothing else: neither objects in the cluster nor the mode's file. */
  forget(stack: string): Promise<void>;
}

/** What pulumi ended without success, with its own words. */
export class EngineFailed extends Error {
  constructor(message: string) {
    super(message);
    this.name = "EngineFailed";
  }
}

/** @throws Ended where there is no pulumi on PATH. */
export function openEngine({ folder, signal, say }: EngineOptions): Engine {
  const run = pulumiRunner(folder, signal);
  let loading: ReturnType<typeof loadAutomation> | undefined;
  const automation = () => {
    loading ??= loadAutomation(folder, run);
    return loading;
  };

  const mends = {
    missing: {
      meets: isMissing,
      mend: (name: string): Promise<unknown> => run(["stack", "init", name, "--no-select"]),
    },
    locked: {
      meets: isLocked,
      mend: (name: string, text: string): Promise<unknown> => clearStaleLocks(name, text, { run, say }),
    },
    cutOff: { meets: isCutOff, mend: (): Promise<unknown> => mendCutOff({ folder, run, say }) },
  };

  /** Makes the stack where it is missing, and clears what a killed pulumi has left; then tries once more. */
  const withStack = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const mended = new Set<string>();
    for (;;) {
      try {
        return await work();
      } catch (error) {
        signal.throwIfAborted();
        const text = error instanceof Error ? error.message : String(error);
        const problem = (Object.keys(mends) as (keyof typeof mends)[]).find((one) => mends[one].meets(text));
        if (problem === undefined || mended.has(problem)) {
          throw new EngineFailed(errorLines(text));
        }
        mended.add(problem);
        await mends[problem].mend(name, text);
      }
    }
  };

  return {
    prepare: () => void automation().catch(() => {}),
    differs: (name) =>
      withStack(name, async () => {
        // Whether anything differs does not hang on whether an update would be refused.
        const preview = await run(["preview", "--stack", name, "--json"], { [forceVariable]: "1" });
        const { changeSummary } = JSON.parse(preview) as Preview;
        return Object.entries(changeSummary).some(([operation, count]) => operation !== "same" && count > 0);
      }),
    up: (name, { lease, force }, onEvent) =>
      withStack(name, async () => {
        const { open } = await automation();
        const stack = await open(name, {
          [leaseVariable]: lease,
          ...(force ? { [forceVariable]: "1" } : {}),
        });
        const errors: string[] = [];
        const keepErrors = (event: EngineEvent): void => {
          const { severity, message } = event.diagnosticEvent ?? {};
          if (severity === "error" && message !== undefined) errors.push(message.trim());
          onEvent(event);
        };
        await stack.up({ color: "never", signal, onEvent: keepErrors }).catch((error: Error) => {
          throw errors.length > 0 ? new EngineFailed(errors.join("\n")) : error;
        });
      }),
    async forget(name) {
      const { workspace } = await automation();
      try {
        await (await workspace()).removeStack(name, { force: true, preserveConfig: true });
      } catch (error) {
        const { message } = error as Error;
        throw isMissing(message)
          ? new Ended("usage", `There is no stack ${name}, so there is nothing to forget.`)
          : new EngineFailed(errorLines(message));
      }
    },
  };
}

/** What `pulumi preview --json` prints, as far as it is read. */
interface Preview {
  changeSummary: Record<string, number>;
  diagnostics?: { message: string; severity: string }[];
}

/** Runs pulumi and returns what it printed. */
export type RunPulumi = (args: readonly string[], variables?: Record<string, string>) => Promise<string>;

function pulumiRunner(folder: string, signal: AbortSignal): RunPulumi {
  Object.assign(process.env, {
    GPU_MODE_PULUMI: findPulumi(process.env.PATH ?? ""),
    GPU_MODE_NODE: process.execPath,
    PULUMI_OPTION_CWD: folder,
  });
  return (args, variables = {}) =>
    new Promise((resolve, reject) => {
      const child = execFile(
        join(leash, "bin", "pulumi"),
        [...args, "--non-interactive", "--color", "never"],
        { maxBuffer: 256 * 1024 * 1024, env: { ...process.env, ...variables } },
        (error, stdout, stderr) => {
          signal.removeEventListener("abort", stop);
          if (error === null) resolve(stdout);
          else reject(new EngineFailed(errorsOfPreview(stdout) ?? (stderr || error.message)));
        },
      );
      const stop = (): void => void child.kill("SIGINT");
      signal.addEventListener("abort", stop);
    });
}

const leash = join(import.meta.dirname, "leash");

function errorsOfPreview(stdout: string): string | undefined {
  try {
    const { diagnostics = [] } = JSON.parse(stdout) as Preview;
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    return errors.length === 0 ? undefined : errors.map(({ message }) => message.trim()).join("\n");
  } catch {
    return undefined;
  }
}

async function loadAutomation(folder: string, run: RunPulumi) {
  // Asked first, so that pulumi starts while this process loads.
  const asking = run(["version"]);
  asking.catch(() => {});
  const { LocalWorkspace, PulumiCommand, Stack } = await import("@pulumi/pulumi/automation/index.js");
  process.env.GPU_MODE_PULUMI_VERSION = (await asking).trim();
  const pulumiCommand = await PulumiCommand.get({ root: leash });
  const workspace = (envVars: Record<string, string> = {}) =>
    LocalWorkspace.create({ workDir: folder, pulumiCommand, envVars });
  const open = async (name: string, environment: Record<string, string>): Promise<Stack> => {
    const opened = await workspace(environment);
    // The stack that is selected is what the user's next plain pulumi works on, so it stays as it is.
    opened.selectStack = async () => {};
    // Asked for after every update, and needed by nobody here.
    opened.stackOutputs = async () => ({});
    const stack = await Stack.select(name, opened);
    stack.info = async (): Promise<UpdateSummary | undefined> => undefined;
    return stack;
  };
  return { workspace, open };
}

function isMissing(errorText: string): boolean {
  return /no stack named .* found/.test(errorText);
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

/** Of all that a command printed, what it called an error. */
function errorLines(output: string): string {
  const lines = output.split("\n").filter((line) => line.startsWith("error: "));
  return lines.length > 0 ? lines.map((line) => line.slice("error: ".length)).join("\n") : output.trim();
}
