/**
 * The command resources by which a stack owns the platform. In their order: `removal` is there before the first object and
 * goes after the last; `adoption` puts right what others changed; `tidy` removes what nobody declares any more; `guard`
 * refuses a destroy before anything of the state is touched.
 */
import { Command } from "@pulumi/command/local/command.js";
import type { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import { all, type CustomResourceOptions, type Output } from "@pulumi/pulumi";
import type { Connection } from "../cluster/api/connection.ts";
import type { Identity } from "../cluster/claim/identity.ts";
import type { Adoption, SeenDeployment } from "../cluster/programs/adopt-objects.ts";
import type { Guarded } from "../cluster/programs/guarded.ts";
import type { Tidied } from "../cluster/programs/remove-leftovers.ts";
import type { Survey } from "../cluster/survey/index.ts";
import type { Plan } from "../stacks/plan/index.ts";
import { deploymentObject } from "../stacks/vocabulary/objects.ts";

/** By what a stack owns the platform. */
export interface OwnershipArgs {
  plan: Plan;
  survey: Survey;
  identity: Identity;
  connection: Connection;
}

/**
 * Removes the platform's objects when the stack is destroyed, if it has the GPU then. The engine deletes none of them: each
 * is declared with `retainOnDelete`, since what one stack remembers may long be another's.
 */
export function removal(name: string, args: OwnershipArgs, options: CustomResourceOptions): Command {
  return onDestroy(`${name}-removal`, "node cluster/programs/remove-platform.ts", args, options);
}

/** Refuses a destroy of a stack that does not have the GPU; it depends on everything, so it is asked first. */
export function guard(name: string, args: OwnershipArgs, options: CustomResourceOptions): Command {
  return onDestroy(`${name}-guard`, "node cluster/programs/guard-destroy.ts", args, options);
}

function onDestroy(
  name: string,
  command: string,
  { survey, identity, connection: { kubeconfig, context } }: OwnershipArgs,
  options: CustomResourceOptions,
): Command {
  const guarded: Guarded = {
    version: 1,
    stack: survey.claim.stack,
    state: identity.state,
    cluster: {
      kubeconfig,
      context,
      ...(identity.cluster === undefined ? {} : { identity: identity.cluster }),
    },
  };
  return new Command(
    name,
    {
      delete: command,
      environment: { VLLM_PLATFORM_GUARD: JSON.stringify(guarded) },
      addPreviousOutputInEnv: false,
    },
    options,
  );
}

/** Takes over what others own of the objects, and puts right those that the engine would overlook. */
export function adoption(
  name: string,
  { plan, survey }: OwnershipArgs,
  options: CustomResourceOptions,
): Command {
  const asked: Adoption = {
    version: 1,
    cluster: plan.settings.cluster,
    objects: survey.pending.map(({ object, declared, live }) => ({
      object,
      declared,
      resourceVersion: live.metadata.resourceVersion,
    })),
  };
  return new Command(
    `${name}-adoption`,
    {
      create: "node cluster/programs/adopt-objects.ts",
      environment: { VLLM_PLATFORM_ADOPTION: JSON.stringify(asked) },
      addPreviousOutputInEnv: false,
      // Its standard output is for `generationAfter`.
      logging: "stderr",
    },
    // Where nothing is to be put right, what was put right last is no difference.
    { ...options, ignoreChanges: asked.objects.length === 0 ? ["environment"] : [] },
  );
}

/**
 * The Deployment's generation once this update is through: where the adoption has changed it, what the adoption saw.
 * Pulumi itself does not look at an object again that it has nothing to change of.
 */
export function generationAfter(
  { survey }: OwnershipArgs,
  adopted: Command,
  { metadata }: Deployment,
): Output<number> {
  if (survey.pending.length > 0 && !survey.pending.some(({ object }) => object === deploymentObject)) {
    return metadata.generation; // the adoption's answer, not known in a preview, is of something else
  }
  return all([metadata.uid, metadata.generation, adopted.stdout]).apply(([live, known, text]) => {
    const seen = JSON.parse(text || "{}") as Partial<SeenDeployment>;
    return seen.uid === live ? Math.max(known, seen.generation ?? 0) : known;
  });
}

/** Removes what only a previous mode, or the files before they were edited, declared. */
export function tidy(name: string, { plan, survey }: OwnershipArgs, options: CustomResourceOptions): Command {
  const objects = survey.leftoverVersions;
  const asked: Tidied = { version: 1, cluster: plan.settings.cluster, objects };
  return new Command(
    `${name}-tidy`,
    {
      create: "node cluster/programs/remove-leftovers.ts",
      environment: { VLLM_PLATFORM_TIDY: JSON.stringify(asked) },
      addPreviousOutputInEnv: false,
    },
    { ...options, ignoreChanges: Object.keys(objects).length === 0 ? ["environment"] : [] },
  );
}
