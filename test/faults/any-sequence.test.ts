// Does NOT prove what a machine that loses power leaves, nor anything of servers that are busy: every pod is simulated.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { configure } from "../support/configure.ts";
import type { Mode } from "../support/expected-objects.ts";
import { seeds } from "../support/property.ts";
import { initStack, pulumiOn, tryUp } from "../support/pulumi.ts";
import { kubectlOn, startedSandbox } from "../support/sandbox.ts";
import { isWhole, platformObjects } from "../support/whole-mode.ts";

/** Stacks of a home: each mode in the state of one of two machines. */
const stacks = ["ml", "r1", "gaming"] as const satisfies Mode[];
const stack = fc.record({ machine: fc.constantFrom("first", "second"), mode: fc.constantFrom(...stacks) });
type Stack = { machine: "first" | "second"; mode: (typeof stacks)[number] };

/** What somebody does next, with the stack that it is done to. */
const actions = {
  up: stack,
  "up with another cluster.identifier": stack,
  "up that is not served": stack,
  "up that is killed": fc.record({ stack, after: fc.integer({ min: 300, max: 4000 }) }),
  destroy: stack,
  "destroy in an environment that names another cluster": stack,
  "destroy that is cut short": fc.record({ stack, after: fc.integer({ min: 300, max: 2500 }) }),
  "state lost": stack,
};
type Step =
  | { what: Exclude<keyof typeof actions, `${string} ${"killed" | "short"}`>; with: Stack }
  | { what: "up that is killed" | "destroy that is cut short"; with: { stack: Stack; after: number } };
const steps = Object.entries(actions).map(
  ([what, arbitrary]) =>
    fc.record({
      what: fc.constant(what),
      with: arbitrary as fc.Arbitrary<unknown>,
    }) as fc.Arbitrary<Step>,
);
/** Each action at least once, and half as many again, in any order. */
const anySequence = fc
  .tuple(...steps, ...Array.from({ length: steps.length / 2 }, () => fc.oneof(...steps)))
  .chain((all) => fc.shuffledSubarray(all, { minLength: all.length }));

/** A sequence in which an owner, a standby stack and another state of the owner's stack are destroyed, and an owner's state is lost. */
const telling = 20263957;

describe("whatever is done in whatever order", function () {
  this.timeout(900_000);
  let sandbox: Sandbox;
  let folder: string;
  const machines = new Map<Stack["machine"], Sandbox>();
  /** Each stack's file as it was made. */
  const empty = new Map<string, Buffer>();
  const healthy = { name: "healthy", loadSeconds: 0.2, stopSeconds: 0.2 } as const;

  before(async () => {
    sandbox = await startedSandbox();
    folder = await mkdtemp(join(tmpdir(), "vllm-platform-backend-"));
    const environment = { ...sandbox.environment(), PULUMI_BACKEND_URL: `file://${folder}` };
    machines.set("first", sandbox);
    machines.set("second", Object.create(sandbox, { environment: { value: () => environment } }) as Sandbox);
    for (const mode of stacks) {
      await initStack(on("second"), mode);
      for (const machine of machines.keys()) {
        empty.set(stateFile({ machine, mode }), await readFile(stateFile({ machine, mode })));
      }
    }
  });

  after(async () => {
    await sandbox?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const on = (machine: Stack["machine"]): Sandbox => machines.get(machine) ?? sandbox;
  const backend = (on: Sandbox): string =>
    join(fileURLToPath(on.environment().PULUMI_BACKEND_URL ?? ""), ".pulumi");
  const stateFile = ({ machine, mode }: Stack): string =>
    join(backend(on(machine)), "stacks", "vllm-platform", `${mode}.json`);
  const objects = async (): Promise<string[]> =>
    (await platformObjects(sandbox))
      .map(({ kind, metadata }) => `${kind}/${metadata.name} ${metadata.uid}`)
      .sort();
  const destroyArguments = (mode: string): string[] => ["destroy", "--yes", "--skip-preview", "-s", mode];

  /** Identity of a stack's state; undefined where the state is empty. */
  async function identityOf(one: Stack): Promise<string | undefined> {
    const { checkpoint } = JSON.parse(await readFile(stateFile(one), "utf8")) as {
      checkpoint: {
        latest?: { resources?: { urn: string; inputs: { environment?: Record<string, string> } }[] };
      };
    };
    const text = checkpoint.latest?.resources?.find(({ urn }) => urn.endsWith("::vllm-identity"))?.inputs
      .environment;
    return text === undefined
      ? undefined
      : (JSON.parse(text.VLLM_PLATFORM_IDENTITY ?? "{}") as { state: string }).state;
  }

  /** Whether a stack's state is the one that the cluster's claim names. */
  async function isOwner(one: Stack): Promise<boolean> {
    const claim = await kubectlOn(sandbox, [
      ...["get", "configmap/gpu-mode", "-n", "ml", "--ignore-not-found"],
      ...["-o", "jsonpath={.data.stack} {.data.state}"],
    ]);
    return claim !== "" && claim === `${one.mode} ${await identityOf(one)}`;
  }

  /** Runs pulumi and ends it by a signal after so many milliseconds, if it has not ended by then. */
  async function cut(on: Sandbox, args: string[], signal: NodeJS.Signals, after: number): Promise<void> {
    const child = spawn("pulumi", [...args, "--non-interactive"], { env: on.environment(), stdio: "ignore" });
    const ended = once(child, "exit");
    await Promise.race([ended, sleep(after)]);
    child.kill(signal);
    await ended;
    // A killed pulumi leaves its lock and maybe an empty file of attributes: a person clears both, as docs/modes.md says.
    await rm(join(backend(on), "locks"), { recursive: true, force: true });
    for (const file of await readdir(backend(on), { recursive: true, withFileTypes: true })) {
      const path = join(file.parentPath, file.name);
      if (file.name.endsWith(".attrs") && (await stat(path)).size === 0) await rm(path);
    }
  }

  /** All that was there is there, the same objects; what comes on top is no loss. */
  async function nothingIsLost(before: readonly string[]): Promise<void> {
    const now = await objects();
    assert.deepEqual(
      before.filter((one) => !now.includes(one)),
      [],
    );
  }

  async function destroy(one: Stack, variables: Record<string, string> = {}): Promise<void> {
    const before = await objects();
    const [owner, empty] = [await isOwner(one), (await identityOf(one)) === undefined];
    const { code, output } = await pulumiOn(on(one.machine), destroyArguments(one.mode), variables);
    if (owner) {
      assert.equal(code, 0, output);
      assert.deepEqual(await objects(), [], output);
    } else if (before.length > 0) {
      assert.deepEqual(await objects(), before, output);
      assert.equal(code === 0, empty || !output.includes("was"), output);
    }
  }

  async function take(step: Step): Promise<void> {
    const before = await objects();
    switch (step.what) {
      case "up":
      case "up with another cluster.identifier": {
        const { machine, mode } = step.with;
        const identifier = step.what === "up" ? undefined : { identifier: "another" };
        configure(sandbox, mode, { cluster: identifier });
        const { code, output } = await tryUp(on(machine), mode);
        configure(sandbox, mode, { cluster: undefined });
        assert.equal(code, 0, output);
        await isWhole(sandbox, mode);
        return nothingIsLost(before);
      }
      case "up that is not served":
        await sandbox.setScenario({ name: "image-missing", stopSeconds: 0.2 });
        await tryUp(on(step.with.machine), step.with.mode);
        await sandbox.setScenario(healthy);
        return nothingIsLost(before);
      case "up that is killed": {
        const { stack: one, after } = step.with;
        await cut(on(one.machine), ["up", "--yes", "--skip-preview", "-s", one.mode], "SIGKILL", after);
        return nothingIsLost(before);
      }
      case "destroy":
        return destroy(step.with);
      case "destroy in an environment that names another cluster":
        return destroy(step.with, {
          VLLM_PLATFORM_KUBECONFIG: "/nonexistent",
          VLLM_PLATFORM_CONTEXT: "none",
        });
      case "destroy that is cut short": {
        const { stack: one, after } = step.with;
        const owner = await isOwner(one);
        await cut(on(one.machine), destroyArguments(one.mode), "SIGINT", after);
        return owner ? undefined : nothingIsLost(before);
      }
      case "state lost": {
        const file = stateFile(step.with);
        await rm(`${file}.bak`, { force: true });
        await writeFile(file, empty.get(file) ?? "");
        return nothingIsLost(before);
      }
    }
  }

  for (const [kind, seed] of seeds(telling)) {
    it(`the active mode is whole, or its owner asked for its removal (${kind} seed ${seed})`, async () => {
      await fc.assert(
        fc.asyncProperty(anySequence, async (steps) => {
          for (const [place, step] of steps.entries()) {
            await take(step).catch((error: unknown) => {
              throw new Error(`step ${place}, ${JSON.stringify(step)}`, { cause: error });
            });
          }
          // Whatever it left: the next up is whole.
          await take({ what: "up", with: { machine: "first", mode: "ml" } });
        }),
        { seed, numRuns: 1, endOnFailure: true, verbose: true },
      );
    });
  }
});
