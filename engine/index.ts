/** The engine: the `pulumi` on PATH, on a stack that is named and never selected. */

import { forceVariable } from "../cluster/findings/refusal.ts";
import { leaseVariable } from "../cluster/lease/index.ts";
import { eventsVariable } from "../cluster/programs/events.ts";
import { Ended } from "../system/errors.ts";
import { fixCutOff, isCutOff } from "./files.ts";
import { clearStaleLocks, isLocked } from "./lock.ts";
import { failedPreviewIn, type Previewed, previewIn, together } from "./preview.ts";
import { EngineFailed, pulumiRunner } from "./run.ts";
import { unreadableSecrets } from "./secrets.ts";

export interface EngineOptions {
  /** Folder of the project. */
  folder: string;
  /** In which pulumi runs. @default this process's */
  environment?: NodeJS.ProcessEnv;
  /** Ends what is under way, once and politely. */
  signal: AbortSignal;
  /** Sentences for the person. */
  say: (text: string) => void;
}

export interface Engine {
  /** Whether an `up` would change anything. */
  differs(stack: string): Promise<boolean>;
  /**
   * What an `up` would touch, and what program, engine or API server refuse of it.
   * @param force previews a mode although it cannot work now.
   * @throws EngineFailed where there is no preview.
   */
  preview(stack: string, { force }: { force: boolean }): Promise<Previewed>;
  /**
   * `pulumi up` without a preview, under the Lease of this program.
   * @param lease of who holds it already. @default the program takes it
   * @param force declares a mode although it cannot work now.
   * @param events file to which the programs that the engine starts append what they tell. @default none
   */
  up(
    stack: string,
    { lease, force, events }: { lease?: string; force: boolean; events?: string },
  ): Promise<void>;
  /** Drops a stack's state, and nothing else: neither objects in the cluster nor the mode's file. */
  forget(stack: string): Promise<void>;
}

/** @throws RefusedError where there is no pulumi on PATH. */
export function openEngine({ folder, environment, signal, say }: EngineOptions): Engine {
  const run = pulumiRunner(folder, signal, environment);
  /** What can be put right after which error, each once. */
  const repairs: readonly Repair[] = [
    { meets: isMissing, repair: (name) => run(["stack", "init", name, "--no-select"]) },
    { meets: isLocked, repair: (name, text) => clearStaleLocks(name, text, { run, say }) },
    { meets: isCutOff, repair: () => fixCutOff({ folder, run, say }) },
  ];

  /** Makes the stack where it is missing, and clears what a killed pulumi has left; then tries once more. */
  const withStack = async <T>(name: string, work: () => Promise<T>, left = repairs): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      const text = error instanceof Error ? error.message : String(error);
      const met = left.find(({ meets }) => meets(text));
      if (met === undefined) {
        throw unreadableSecrets(name, text) ?? error;
      }
      const others = left.filter((one) => one !== met);
      // What is put right may meet another one itself: an empty lock also keeps a stack from being made.
      await withStack(name, () => met.repair(name, text), others);
      return withStack(name, work, others);
    }
  };

  /** @param without URNs that are left as they are, with what depends on them. */
  const preview = (name: string, force: boolean, without: readonly string[] = []) =>
    withStack(name, async () => {
      const left = without.flatMap((urn) => ["--exclude", urn, "--exclude-dependents"]);
      const args = ["preview", "--stack", name, "--json", ...left];
      return previewIn(await run(args, force ? { [forceVariable]: "1" } : {}));
    });

  /**
   * Pulumi ends at the first refusal, whichever that is; so what is refused is left out until nothing more is. What depends on it is
   * left out with it: what is refused of that is told once the first is right.
   */
  const previewWhole = async (
    name: string,
    force: boolean,
    without: readonly string[] = [],
  ): Promise<Previewed> => {
    const seen = await preview(name, force, without).catch((error: unknown) => {
      const failed = error instanceof EngineFailed ? failedPreviewIn(error.output) : undefined;
      if (failed === undefined) {
        throw error;
      }
      return failed;
    });
    const more = seen.refused.filter((urn) => !without.includes(urn));
    if (more.length === 0) {
      return seen;
    }
    try {
      return together(seen, await previewWhole(name, force, [...without, ...more]));
    } catch (error) {
      if (!(error instanceof EngineFailed)) {
        throw error;
      }
      // A pulumi that cannot leave anything out has told one refusal; of another failure there is no other word.
      return cannotExclude(error.message)
        ? seen
        : together(seen, { differs: false, steps: [], problems: [{ words: error.message }] });
    }
  };

  return {
    // Whether anything differs does not hang on whether an update would be refused.
    differs: (name) => preview(name, true).then(({ differs }) => differs),
    preview: (name, { force }) => previewWhole(name, force),
    up: (name, { lease, force, events }) =>
      withStack(name, async () => {
        await run(["up", "--yes", "--skip-preview", "--stack", name, "--json"], {
          ...(lease === undefined ? {} : { [leaseVariable]: lease }),
          ...(events === undefined ? {} : { [eventsVariable]: events }),
          ...(force ? { [forceVariable]: "1" } : {}),
        });
      }),
    async forget(name) {
      await run(["stack", "rm", name, "--yes", "--force", "--preserve-config"]).catch((error: Error) => {
        signal.throwIfAborted();
        throw isMissing(error.message)
          ? new Ended("usage", `There is no stack ${name}, so there is nothing to forget.`)
          : error;
      });
    },
  };
}

interface Repair {
  meets(errorText: string): boolean;
  repair(stack: string, errorText: string): Promise<unknown>;
}

function isMissing(errorText: string): boolean {
  return /no stack named .* found/.test(errorText);
}

function cannotExclude(errorText: string): boolean {
  return /unknown flag: --exclude/.test(errorText);
}
