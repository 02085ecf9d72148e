/** Whether a stack may destroy its objects: only the one that has the GPU may, for all stacks declare the same ones. Pure. */
import { names } from "../../stacks/vocabulary/names.ts";
import type { Claimant, Holder } from "./index.ts";

export type Verdict = { allowed: true; text: string } | { allowed: false; text: string };

/** Judges a destroy by who has the GPU. */
export function judgeDestroy({ stack, state }: Claimant, holder: Holder): Verdict {
  const { stack: active, claim } = holder;
  if (active === stack && claim?.state !== undefined && state !== undefined && claim.state !== state) {
    return {
      allowed: false,
      text: [
        `This state of stack ${stack} is not the one that declared mode ${claim.mode}: another Pulumi backend has a stack of that name, too.`,
        "Nothing was deleted: destroying this one would take the server away from the other.",
        `To forget this state without touching the cluster: ${forget(stack)}`,
        `To let this state have the platform, and then destroy it: gpu-mode ${stack}`,
      ].join("\n"),
    };
  }
  if (active !== undefined && active !== stack) {
    const by = holder.claim === undefined ? "its Deployment says" : "the claim says";
    return {
      allowed: false,
      text: [
        `Stack ${stack} is a standby stack: ${by} that ${active} has the GPU, and both declare the same objects.`,
        "Nothing was deleted: destroying this stack would take the server away from the active one.",
        `To forget this stack without touching the cluster: ${forget(stack)}`,
        `To remove the platform from the cluster: pulumi destroy -s ${active}`,
      ].join("\n"),
    };
  }
  return {
    allowed: true,
    text: [
      `Stack ${stack} is destroyed. This stays, because others use it or it cannot be made again:`,
      `  Namespace ${names.namespace}, in which Ollama and others live`,
      `  PersistentVolumeClaim ${names.volumeClaim} and the folder on the GPU node, where there is one: the model files`,
      `  Secret ${names.apiKeySecret}, where there is one: the key that clients know`,
      `To remove them too: kubectl delete -n ${names.namespace} pvc/${names.volumeClaim} secret/${names.apiKeySecret} --ignore-not-found`,
    ].join("\n"),
  };
}

/** Why nothing is destroyed while the cluster cannot say who has the GPU, and the way out. */
export function unjudged(stack: string, reason: string): string {
  return [
    `Stack ${stack} was not destroyed: ${reason}.`,
    "Without the cluster nobody can say whether another stack has the GPU. Try again when it answers.",
    `If the cluster is gone for good, forget the stack: ${forget(stack)}`,
  ].join("\n");
}

/** Why a destroy did not come to its end, and how it does. */
export function unfinished(stack: string, stuck: readonly string[]): string {
  return [
    `Stack ${stack} was not destroyed to its end: ${stuck.join("; ")}.`,
    "Run the same command again when that is fixed; it goes on from there. Until then the claim says that this stack has the GPU.",
  ].join("\n");
}

/** Why nothing is destroyed while an update runs. */
export function underWay(stack: string, holder: string): string {
  return `Stack ${stack} was not destroyed: another update is under way, ${holder}. Run the command again when it has ended.`;
}

/** How to drop a stack's state and leave the cluster as it is. */
function forget(stack: string): string {
  return `gpu-mode forget ${stack} (or: pulumi stack rm --force --preserve-config ${stack})`;
}
