/**
 * The resources by which a stack owns the platform: the claim, the adoption of what others still own, and the guard against
 * a destroy of a stack that does not have the GPU. Everything else is declared behind the first two.
 */
import { Command } from "@pulumi/command/local/command.js";
import type { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import {
  all,
  type ComponentResourceOptions,
  type CustomResourceOptions,
  log,
  mergeOptions,
  type Output,
  type Resource,
  type ResourceTransformation,
} from "@pulumi/pulumi";
import type { Adoption, SeenDeployment } from "../cluster/adopt-objects.ts";
import type { Adopted } from "../cluster/adoption.ts";
import { claimData } from "../cluster/claim.ts";
import type { Guarded } from "../cluster/guard-destroy.ts";
import { ownerOf } from "../cluster/ownership.ts";
import type { Survey } from "../cluster/survey.ts";
import { takeoverOf, takeoverText } from "../cluster/takeover.ts";
import { names } from "../stacks/names.ts";
import type { Plan } from "../stacks/plan.ts";
import { objectMetadata } from "./metadata.ts";

/** Ownership of one stack's platform. Made before its objects, completed after them. */
export class Ownership {
  private readonly survey: Survey;
  private readonly plan: Plan;
  private readonly adopted: Adopted[] = [];
  private gates: Resource[] = [];
  private adoption: Command | undefined;
  private complete: () => void = () => {};

  constructor(plan: Plan, survey: Survey) {
    this.plan = plan;
    this.survey = survey;
  }

  /** Options of the component under which all objects are declared. */
  onAll(options: ComponentResourceOptions): ComponentResourceOptions {
    return { ...options, transformations: [...(options.transformations ?? []), this.transformation] };
  }

  /** Puts every Kubernetes object declared after them behind claim and adoption, and sees what is declared. */
  private readonly transformation: ResourceTransformation = ({ type, props, opts }) => {
    if (!type.startsWith("kubernetes:")) {
      return undefined;
    }
    this.take(props as Declared);
    return this.gates.length === 0
      ? undefined
      : { props, opts: mergeOptions(opts, { dependsOn: this.gates }) };
  };

  /** Declares claim and adoption. */
  declare(name: string, options: CustomResourceOptions): void {
    const claim = new ConfigMap(
      `${name}-claim`,
      { metadata: objectMetadata(names.claim, "claim"), data: claimData(this.survey.claim) },
      options,
    );
    const { provider: _, ...local } = options;
    const adoption = new Command(
      `${name}-adoption`,
      {
        create: "node cluster/adopt-objects.ts",
        environment: { VLLM_PLATFORM_ADOPTION: this.adoptionOnceComplete() },
        addPreviousOutputInEnv: false,
        // Its standard output is for `generation`.
        logging: "stderr",
      },
      {
        ...local,
        dependsOn: [claim],
        // Where nothing is to be taken over, what was taken over last is no difference.
        ignoreChanges: this.survey.pending.length === 0 ? ["environment"] : [],
      },
    );
    this.adoption = adoption;
    this.gates = [claim, adoption];
  }

  /**
   * The Deployment's generation once this update is through: where the adoption has changed it, what the adoption saw.
   * Pulumi itself does not look at an object again that it has nothing to change of.
   */
  generation(deployment: Deployment): Output<number> {
    const { uid, generation } = deployment.metadata;
    return all([uid, generation, this.adoption?.stdout ?? ""]).apply(([live, known, text]) => {
      const seen = JSON.parse(text || "{}") as Partial<SeenDeployment>;
      return seen.uid === live ? Math.max(known, seen.generation ?? 0) : known;
    });
  }

  /**
   * Declares the guard. It depends on all objects, so it is deleted before them; and on no waiting, so it exists even where
   * the server never gets ready.
   */
  guard(name: string, objects: readonly Resource[], options: CustomResourceOptions): void {
    const guarded: Guarded = { stack: this.survey.claim.stack, cluster: this.plan.settings.cluster };
    new Command(
      `${name}-guard`,
      {
        delete: "node cluster/guard-destroy.ts",
        environment: { VLLM_PLATFORM_GUARD: JSON.stringify(guarded) },
        addPreviousOutputInEnv: false,
      },
      { ...options, dependsOn: [...this.gates, ...objects] },
    );
    this.complete();
  }

  /** What the adoption is told, known once every object has been declared. */
  private adoptionOnceComplete(): Promise<string> {
    return new Promise((resolve) => {
      this.complete = () => {
        const adoption: Adoption = { cluster: this.plan.settings.cluster, objects: this.adopted };
        resolve(JSON.stringify(adoption));
      };
    });
  }

  private take(declared: Declared): void {
    const found = this.survey.pending.find(
      ({ object }) => object.kind === declared.kind && object.name === declared.metadata?.name,
    );
    const takeover = found === undefined ? undefined : takeoverOf(found.live, declared);
    if (found === undefined || takeover === undefined) {
      return;
    }
    const { object, live } = found;
    void log.info(takeoverText(object, live, takeover));
    // The claim is applied before the adoption, every other object after it.
    const atOnce = object.name === names.claim || ownerOf(object, live).owner === "ours";
    this.adopted.push({
      object,
      remove: atOnce ? takeover.leftovers : {},
      resourceVersion: live.metadata.resourceVersion,
    });
  }
}

interface Declared {
  kind?: string;
  metadata?: { name?: string };
}
