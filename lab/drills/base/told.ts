/** Commands that must not succeed: when the cluster knew the reason, and when they had told it. */
import type { CoreV1Event, V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import type { Tried, World } from "../world/index.ts";
import { whileWatched } from "./watch.ts";

/** The two ways to bring a mode up. */
export const commands = ["pulumi up", "gpu-mode"] as const;
export type Command = (typeof commands)[number];

/** From `ml` on, each brings up the mode that is not the active one, as a switch ends no pod that is to be looked at. */
export const bringUps: readonly (readonly [Command, string])[] = [
  ["pulumi up", "r1"],
  ["gpu-mode", "ml"],
];

/**
 * Brings a mode up, whatever comes of it.
 * @param hear gets all that was printed so far in one line, with each line
 */
export async function bringUp(
  world: World,
  command: Command,
  mode: string,
  hear: (text: string) => void = () => {},
): Promise<Tried> {
  let text = "";
  const onLine = (line: string): void => {
    text += `${line.trim()} `;
    hear(text);
  };
  const plainUp = ["up", "--yes", "--skip-preview", "--color", "never", "-s", mode];
  return command === "gpu-mode"
    ? world.attempt("gpu-mode", [mode], { onLine })
    : world.attempt("pulumi", plainUp, { onLine });
}

/** All that was printed, in one line: a terminal's width breaks no sentence. */
export const textOf = ({ words }: Tried): string =>
  words
    .split("\n")
    .map((line) => line.trim())
    .join(" ");

/** What a command has said at last of why it did not succeed, as far as an error may be long. */
export function lastWords(tried: Tried): string {
  const text = textOf(tried);
  const why = /(?:not served|not reached|not be brought up): .*/.exec(text)?.[0] ?? text.slice(-150);
  return `it ended with ${tried.status}: ${why.slice(0, 150)}`;
}

/** Seconds from when the cluster knew the reason. */
export interface Told {
  /** Until the command has printed it. */
  readonly printed: number;
  /** Until it has ended. */
  readonly ended: number;
}

/**
 * Brings up a mode that does not come up.
 * @param known what the cluster says of a new pod once it knows why: see `saidOf`
 * @throws Error where the command has not told it, or not ended with an error, with what it said
 */
export async function whenTold(
  world: World,
  [command, mode]: readonly [Command, string],
  { known, told }: { known: RegExp; told: RegExp },
): Promise<Told> {
  const former = new Set((await podsOf(world)).map(idOf));
  let knownAt: number | undefined;
  let toldAt: number | undefined;
  const look = async (): Promise<void> => {
    if (knownAt === undefined && known.test(await saidOfOthers(world, former))) knownAt = performance.now();
  };
  const outcome = await whileWatched(100, look, () =>
    bringUp(world, command, mode, (text) => {
      if (toldAt === undefined && told.test(text)) toldAt = performance.now();
    }),
  );
  const endedAt = performance.now();
  if (outcome.status === 0 || toldAt === undefined)
    throw new Error(`${told} was not told: ${lastWords(outcome)}`);
  if (knownAt === undefined) throw new Error(`the cluster never said ${known}`);
  // A look at the cluster may come later than the command's own.
  const since = (moment: number): number => Math.max(0, moment - (knownAt ?? moment)) / 1000;
  return { printed: since(toldAt), ended: since(endedAt) };
}

const ofServer = "/api/v1/namespaces/ml/pods?labelSelector=app%3Dvllm-server";
const events = "/api/v1/namespaces/ml/events";

const idOf = ({ metadata }: V1Pod): string => metadata?.uid ?? "";

const podsOf = async ({ api }: World): Promise<V1Pod[]> =>
  (await api.get<{ items: V1Pod[] }>(ofServer))?.items ?? [];

/** What the cluster says of all other pods of the server than these. */
async function saidOfOthers(world: World, former: ReadonlySet<string>): Promise<string> {
  const fresh = (await podsOf(world)).filter((pod) => !former.has(idOf(pod)));
  const ids = new Set(fresh.map(idOf));
  const told = (await world.api.get<{ items: CoreV1Event[] }>(events))?.items ?? [];
  return saidOf(
    fresh,
    told.filter(({ involvedObject }) => ids.has(involvedObject.uid ?? "")),
  );
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
