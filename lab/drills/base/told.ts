/** Commands that must not succeed: when the cluster knew the reason, and when they had told it. */
import { setTimeout as sleep } from "node:timers/promises";
import type { CoreV1Event, V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import { CommandFailed, run } from "../../../system/processes.ts";
import type { World } from "../world/index.ts";

/** The two ways to bring a mode up. */
export const commands = ["pulumi up", "gpu-mode"] as const;
export type Command = (typeof commands)[number];

/** From `ml` on, each brings up the mode that is not the active one, as a switch ends no pod that is to be looked at. */
export const bringUps: readonly (readonly [Command, string])[] = [
  ["pulumi up", "r1"],
  ["gpu-mode", "ml"],
];

/** What came of a command. */
export interface Outcome {
  readonly status: number;
  /** All that it has printed, in one line. */
  readonly text: string;
}

/**
 * Brings a mode up, whatever comes of it.
 * @param hear gets all that was printed so far, with each line
 */
export async function bringUp(
  world: World,
  command: Command,
  mode: string,
  hear: (text: string) => void = () => {},
): Promise<Outcome> {
  const plainUp = ["up", "--yes", "--skip-preview", "--color", "never", "-s", mode];
  const [program, args] = command === "gpu-mode" ? [command, [mode]] : ["pulumi", plainUp];
  let text = "";
  const onLine = (line: string): void => {
    text += `${line.trim()} `;
    hear(text);
  };
  try {
    await run(program, args, { env: world.sandbox.environment(), onLine });
    return { status: 0, text };
  } catch (error) {
    if (error instanceof CommandFailed) return { status: error.status, text };
    throw error;
  }
}

/** What a command has said at last of why it did not succeed, as far as an error may be long. */
export function lastWords({ status, text }: Outcome): string {
  const why = /(?:not served|not reached|not be brought up): .*/.exec(text)?.[0] ?? text.slice(-150);
  return `it ended with ${status}: ${why.slice(0, 150)}`;
}

/**
 * Brings up a mode that does not come up.
 * @param known what the cluster says of a new pod once it knows why: see `saidOf`
 * @returns the seconds from then until the command has told it
 * @throws Error where it has not told it, or not ended with an error, with what it said
 */
export async function secondsToTell(
  world: World,
  [command, mode]: readonly [Command, string],
  { known, told }: { known: RegExp; told: RegExp },
): Promise<number> {
  const watch = await watchNewPods(world, known);
  let toldAt: number | undefined;
  const outcome = await bringUp(world, command, mode, (text) => {
    if (toldAt === undefined && told.test(text)) toldAt = performance.now();
  });
  const knownSince = await watch.stop();
  if (outcome.status === 0 || toldAt === undefined)
    throw new Error(`${told} was not told: ${lastWords(outcome)}`);
  if (knownSince === undefined) throw new Error(`the cluster never said ${known}`);
  // A look at the cluster may come later than the command's own.
  return Math.max(0, toldAt - knownSince) / 1000;
}

interface Watch {
  /** When it was first known, as `performance.now()` has it; undefined where it never was. */
  stop(): Promise<number | undefined>;
}

const ofServer = "/api/v1/namespaces/ml/pods?labelSelector=app%3Dvllm-server";
const events = "/api/v1/namespaces/ml/events";

async function watchNewPods(world: World, known: RegExp): Promise<Watch> {
  const pods = async (): Promise<V1Pod[]> => (await world.api.get<{ items: V1Pod[] }>(ofServer))?.items ?? [];
  const idOf = ({ metadata }: V1Pod): string => metadata?.uid ?? "";
  const former = new Set((await pods()).map(idOf));
  const abort = new AbortController();
  const watching = (async () => {
    while (!abort.signal.aborted) {
      const fresh = (await pods()).filter((pod) => !former.has(idOf(pod)));
      const ids = new Set(fresh.map(idOf));
      const told = (await world.api.get<{ items: CoreV1Event[] }>(events))?.items ?? [];
      const said = saidOf(
        fresh,
        told.filter(({ involvedObject }) => ids.has(involvedObject.uid ?? "")),
      );
      if (known.test(said)) return performance.now();
      await sleep(100);
    }
    return undefined;
  })();
  watching.catch(() => {}); // told where it is waited for
  return {
    stop() {
      abort.abort();
      return watching;
    },
  };
}

/** What the cluster says of pods, a line each: states of their containers, conditions that are not so, events. */
function saidOf(pods: readonly V1Pod[], events: readonly CoreV1Event[]): string {
  const ofContainer = ({ state, lastState }: V1ContainerStatus): string[] =>
    [state, lastState].flatMap((one) => [
      ...(one?.waiting === undefined ? [] : [`waiting: ${one.waiting.reason}: ${one.waiting.message}`]),
      ...(one?.terminated === undefined
        ? []
        : [`ended: ${one.terminated.reason} ${one.terminated.exitCode}`]),
    ]);
  return [
    ...pods.flatMap(({ status }) => [
      `phase: ${status?.phase} ${status?.reason}: ${status?.message}`,
      ...(status?.conditions ?? [])
        .filter(({ status: is }) => is === "False")
        .map(({ type, reason, message }) => `not ${type}: ${reason}: ${message}`),
      ...(status?.containerStatuses ?? []).flatMap(ofContainer),
    ]),
    ...events.map(({ reason, message }) => `event: ${reason}: ${message}`),
  ].join("\n");
}
