/**
 * A network of its own on this machine, as a cluster's: what runs in it sees the addresses of pods and clients, and nothing of the
 * machine's own network. A kernel namespace without a name, so it ends with the last process in it, however that ended.
 */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { execPath } from "node:process";
import { createInterface } from "node:readline";
import { UserError } from "../../system/errors.ts";
import { endOf, finish, onLeash } from "../../system/processes.ts";
import type { Way } from "./relay.ts";

/** A program in the network. */
export interface Program {
  /** What it has printed so far, both streams; of very much, the last. */
  printed(): string;
  /** Its exit status, once it has ended. */
  readonly ended: Promise<number>;
  /** Ends it, and all that it started. */
  end(): Promise<void>;
}

export interface StartOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** What it prints once it serves; `start` waits for that. */
  readonly ready: RegExp;
  /** Called with each line that it prints. */
  readonly onLine?: (line: string) => void;
}

export interface PrivateNetwork {
  /** The id of a process in it, by which it is entered. */
  readonly process: string;
  /** A folder for sockets and files, removed at the end. */
  readonly folder: string;
  /** @throws Error with what it printed where it ends, or is not ready after 60 s */
  start(command: string, args: readonly string[], options: StartOptions): Promise<Program>;
  /** Passes connections on, from or to sockets in the file system, which are all that leads out. */
  relay(ways: readonly Way[]): Promise<void>;
  close(): Promise<void>;
}

/** Why this machine cannot have such a network, if it cannot. */
export async function whyNoNetwork(): Promise<string | undefined> {
  if (process.platform !== "linux") return "only Linux has network namespaces";
  if (process.getuid?.() !== 0) return "only root may make a network namespace";
  for (const [command, debian] of [
    ["unshare", "util-linux"],
    ["nsenter", "util-linux"],
    ["ip", "iproute2"],
  ] as const) {
    const there = await finish(command, ["-V"]).catch(() => undefined);
    if (there === undefined) return `the command ${command} is missing (Debian's package ${debian} has it)`;
  }
  const { status, stderr } = await finish("unshare", ["--net", "true"]);
  return status === 0 ? undefined : `the kernel gives no network namespace here: ${stderr.trim()}`;
}

/**
 * @param folder made for its files: one in a sandbox goes with that, also where this process is killed.
 * @param addresses shell commands that give it interfaces, addresses and routes; it has `lo` without them
 * @throws UserError where this machine cannot have one
 */
export async function openNetwork(folder: string, addresses: readonly string[]): Promise<PrivateNetwork> {
  const why = await whyNoNetwork();
  if (why !== undefined) throw new UserError(`This machine gives no network of its own: ${why}.`);
  // What one that was killed has left there.
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const script = ["ip link set lo up", ...addresses, 'echo "holder $$"', "exec sleep infinity"];
  const holder = await begin("unshare", ["--net", "sh", "-c", script.join(" && ")], { ready: /holder \d+/ });
  const network = await enterNetwork(`${/holder (\d+)/.exec(holder.printed())?.[1]}`, folder);
  return {
    ...network,
    async close() {
      await network.close();
      await holder.end();
    },
  };
}

/**
 * A network that another process holds. Closing it ends what was started here, and not the network.
 * @param process the id of any process in it
 */
export async function enterNetwork(process: string, folder: string): Promise<PrivateNetwork> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const programs = new Set<Program>();
  const network: PrivateNetwork = {
    process,
    folder,
    async start(command, args, options) {
      const program = await begin("nsenter", [`--net=/proc/${process}/ns/net`, command, ...args], options);
      programs.add(program);
      return program;
    },
    async relay(ways) {
      const program = join(import.meta.dirname, "programs", "relay.ts");
      await network.start(execPath, [program, JSON.stringify(ways)], { ready: /^ready$/m });
    },
    async close() {
      await Promise.all([...programs].map((program) => program.end()));
      await rm(folder, { recursive: true, force: true });
    },
  };
  return network;
}

const readySeconds = 60;
const keptCharacters = 1_000_000;

async function begin(command: string, args: readonly string[], options: StartOptions): Promise<Program> {
  const { env, ready, onLine } = options;
  const child = onLeash(command, args, { env, patienceSeconds: 3 });
  const ended = endOf(child);
  let text = "";
  let waits = true;
  const program: Program = {
    printed: () => text,
    ended,
    async end() {
      child.stdin.end();
      await ended;
    },
  };
  const isReady = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        if (text.length > 2 * keptCharacters) text = text.slice(-keptCharacters);
        text += `${line}\n`;
        onLine?.(line);
        if (waits && ready.test(text)) {
          waits = false;
          resolve();
        }
      });
    }
  });
  const tooLate = AbortSignal.timeout(readySeconds * 1000);
  const failed = new Promise<never>((_, reject) => {
    const fail = (how: string) => reject(new Error(`${command} ${args.join(" ")} ${how}:\n${text}`));
    ended.then(
      (status) => fail(`ended with status ${status}`),
      (error: Error) => fail(error.message),
    );
    tooLate.addEventListener("abort", () => fail(`is not ready after ${readySeconds} s`));
  });
  try {
    await Promise.race([isReady, failed]);
    return program;
  } catch (error) {
    await program.end();
    throw error;
  }
}
