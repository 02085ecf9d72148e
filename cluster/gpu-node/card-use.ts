/** Whether the card is free once the pods are gone: the node's own word, asked by SSH. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Settings } from "../../stacks/settings/index.ts";
import { readAnswer } from "./facts/answer.ts";
import type { GpuProcess, Known } from "./facts/facts.ts";
import { factsOf } from "./facts/index.ts";
import { chosenCard } from "./facts/nvidia-smi.ts";
import { nodeProgram } from "./facts/program.ts";
import { SshFault } from "./ssh/fault.ts";
import { askBySsh } from "./ssh/index.ts";
import { userKey } from "./ssh/key.ts";

/** What is on the card. */
export interface CardUse {
  usedMiB: number;
  totalMiB: number;
  processes: GpuProcess[];
}

export interface NodeAccess {
  gpuNode: Settings["gpuNode"];
  /** Value of the secret `sshKey`, where it is set. */
  sshKey: string | undefined;
  environment: NodeJS.ProcessEnv;
}

/** How long the driver may take to give back what an ended server held, in milliseconds. */
const freedWithinMs = 10_000;

/** How often the node is asked, in milliseconds. */
const askEveryMs = 500;

/** What may be in use and nobody's by name, in MiB: the driver itself, and a desktop. The reference setup's desktop has 244. */
const unnamedMiB = 300;

/**
 * Asks the node until nothing of a pod is left on the card.
 * @param signal gives it up; it then rejects with the signal's reason.
 * @returns what is in use then, or why that is not known or not free, as half a sentence.
 */
export async function waitUntilCardFree(
  access: NodeAccess,
  signal: AbortSignal,
): Promise<{ free: true; use: CardUse } | { free: false; why: string }> {
  const until = Date.now() + freedWithinMs;
  for (;;) {
    signal.throwIfAborted();
    const use = await askCardUse(access);
    if (use.value === undefined) {
      return { free: false, why: use.why };
    }
    const why = heldOn(use.value, access.gpuNode.card.desktopMiB);
    if (why === undefined) {
      return { free: true, use: use.value };
    }
    if (Date.now() > until) {
      return { free: false, why };
    }
    await sleep(askEveryMs);
  }
}

/** What is on the card now. */
export async function askCardUse({ gpuNode, sshKey, environment }: NodeAccess): Promise<Known<CardUse>> {
  const { ssh } = gpuNode;
  if (ssh === undefined) {
    return { why: "gpuNode.ssh is not set" };
  }
  try {
    const { bytes } = await askBySsh(
      ssh,
      userKey(ssh, sshKey, environment),
      nodeProgram(undefined),
      environment,
    );
    const { smi, processes } = factsOf(readAnswer(bytes));
    const gpu = chosenCard(smi.gpus ?? [], gpuNode.card.name);
    if (gpu?.usedMiB === undefined || gpu.totalMiB === undefined || processes.value === undefined) {
      return { why: smi.problem === undefined ? "nvidia-smi does not tell what is in use" : smi.text };
    }
    return { value: { usedMiB: gpu.usedMiB, totalMiB: gpu.totalMiB, processes: processes.value } };
  } catch (error) {
    if (error instanceof SshFault) {
      return { why: error.message };
    }
    throw error;
  }
}

/** What keeps the card from being free, as half a sentence. Programs outside of pods do not: they are what it is free for. */
export function heldOn({ usedMiB, processes }: CardUse, desktopMiB: number): string | undefined {
  const left = processes.filter(({ kind, place }) => kind === "C" && place !== "host");
  if (left.length > 0) {
    return left
      .map(
        ({ name, pid, usedMiB: held }) =>
          `${name} (process ${pid}${held === undefined ? "" : `, ${held} MiB`}) still computes on the card`,
      )
      .join(", ");
  }
  const named = processes.reduce((sum, { usedMiB: held = 0 }) => sum + held, 0);
  const most = Math.max(desktopMiB, named) + unnamedMiB;
  return usedMiB > most ? `${usedMiB} MiB of the card are still in use, and no program is named` : undefined;
}
