import assert from "node:assert/strict";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import type { SwitchPhase } from "../../operations/switch/phases.ts";
import { identify } from "../../system/processes.ts";
import { expectedObjects, type Mode, servedNamesOf } from "./expected-objects.ts";
import { listed, type Resource } from "./live.ts";
import { begin, type Ended, type Running } from "./running.ts";
import { eventually } from "./sandbox.ts";
import { objectsOf, serverPods } from "./whole-mode.ts";

export type { Ended } from "./running.ts";

/** A `gpu-mode` that runs. */
export interface RunningSwitch extends Running {
  /** Resolves when the phase, or one after it, has begun; undefined where the command ended before that. */
  reached(phase: SwitchPhase, order: readonly SwitchPhase[]): Promise<SwitchPhase | undefined>;
}

/** Starts `gpu-mode` as the sandbox's shell would, from a folder that has nothing to do with the project. */
export function startGpuMode(
  sandbox: Sandbox,
  args: readonly string[],
  more: NodeJS.ProcessEnv = {},
): RunningSwitch {
  const environment = { ...sandbox.environment(), ...more };
  const running = begin("gpu-mode", args, { env: environment, cwd: "/" });
  const begun = (): SwitchPhase[] =>
    (["stdout", "stderr"] as const).flatMap((stream) =>
      [...running.printed(stream).matchAll(/^ {2}(\w+)(?:: .*)? …\n/gm)].map(
        ([, phase]) => phase as SwitchPhase,
      ),
    );
  return {
    ...running,
    reached(phase, order) {
      const wanted = order.slice(order.indexOf(phase));
      return new Promise((resolve) => {
        const look = (): void => {
          const found = begun().find((one) => wanted.includes(one));
          if (found !== undefined) resolve(found);
        };
        for (const stream of [running.child.stdout, running.child.stderr]) stream?.on("data", look);
        void running.ended.then(() => resolve(undefined));
        look();
      });
    },
  };
}

/** Runs `gpu-mode` to its end, whatever that is. */
export function gpuMode(sandbox: Sandbox, ...args: string[]): Promise<Ended> {
  return startGpuMode(sandbox, args).ended;
}

/** The same, for a command that must end with a certain status. */
export async function gpuModeEnds(sandbox: Sandbox, status: number, ...args: string[]): Promise<Ended> {
  const ended = await gpuMode(sandbox, ...args);
  assert.equal(ended.code, status, `gpu-mode ${args.join(" ")}\n${ended.stdout}${ended.stderr}`);
  return ended;
}

/** The answer of a command with `--json`. */
export async function gpuModeJson<T = Record<string, unknown>>(
  sandbox: Sandbox,
  ...args: string[]
): Promise<T> {
  return JSON.parse((await gpuModeEnds(sandbox, 0, ...args, "--json")).stdout) as T;
}

/** What does not belong to the platform in a sandbox of the tests. */
const others = ["kube-root-ca.crt", "ollama"];

/** Exactly one whole mode: claim, Deployment, pods, server and every object say the same, and nobody is at work. */
export async function isWholly(sandbox: Sandbox, mode: Mode): Promise<void> {
  const served = servedNamesOf(mode);
  await eventually(10, async () => {
    const pods = await serverPods(sandbox);
    return (
      (pods.length === (served.length === 0 ? 0 : 1) &&
        pods.every(({ metadata }) => !metadata.deletionTimestamp)) ||
      undefined
    );
  });
  const resources = new Set(expectedObjects(mode).map(({ resource }) => resource));
  const live = (
    await objectsOf(sandbox, [...resources, "persistentvolumeclaims", "secrets"] as Resource[])
  ).filter(({ metadata }) => !others.includes(metadata.name));
  assert.deepEqual(
    live.map(({ metadata }) => metadata.name).sort(),
    ["gpu-mode", ...expectedObjects(mode).map(({ name }) => name)].sort(),
  );
  const claim = live.find(({ kind, metadata }) => kind === "ConfigMap" && metadata.name === "gpu-mode");
  const deployment = live.find(({ kind }) => kind === "Deployment");
  assert.equal(claim?.data?.mode, mode);
  assert.equal(claim?.data?.stack, mode);
  assert.equal(deployment?.metadata.labels?.["gpu-mode"], mode);
  assert.equal(deployment?.metadata.annotations?.["vllm-platform/switch"], claim?.data?.switch);
  assert.equal(deployment?.spec?.replicas, served.length === 0 ? 0 : 1);
  assert.deepEqual(await eventually(10, () => answered(sandbox, served.length > 0)), served);
  const leases = await listed(sandbox, ["leases"], { namespace: "default" });
  const lease = leases.find(({ metadata }) => metadata.name === "vllm-platform");
  // Who was killed may still be named there, and blocks nobody.
  const holder = /\(process (\d+)\)$/.exec(String(lease?.spec?.holderIdentity))?.[1];
  assert.ok(
    holder === undefined || identify(Number(holder)) === undefined,
    `${holder} still holds the Lease`,
  );
}

/** Brings a mode about for a test that begins with it, unless it is the active one by claim and Deployment. */
export async function beginWith(sandbox: Sandbox, mode: Mode): Promise<void> {
  const found = await objectsOf(sandbox, ["configmaps", "deployments"]);
  const claim = found.find(({ metadata }) => metadata.name === "gpu-mode")?.data;
  const deployment = found.find(({ metadata }) => metadata.name === "vllm-server");
  const active =
    claim?.mode === mode &&
    deployment?.metadata.annotations?.["vllm-platform/switch"] === claim.switch &&
    deployment?.spec?.replicas === (servedNamesOf(mode).length === 0 ? 0 : 1);
  if (!active) {
    await gpuModeEnds(sandbox, 0, mode);
  }
}

/** The names that the sandbox's URL answers with; undefined while it does not say what is expected. */
async function answered(sandbox: Sandbox, serving: boolean): Promise<string[] | undefined> {
  const response = await fetch(`${sandbox.url}/v1/models`);
  if (response.status === 503) {
    await response.body?.cancel();
    return serving ? undefined : [];
  }
  return ((await response.json()) as { data: { id: string }[] }).data.map(({ id }) => id);
}
