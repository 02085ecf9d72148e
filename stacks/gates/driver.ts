/** The driver gate: whether an image's CUDA starts on a node's driver, card and container toolkit. */

import type { Fault } from "../../system/errors.ts";
import { brandOf, requirementBrands } from "../catalogue/brands.ts";
import { branchesFor, cudaOfBranch, cudaText, isNewerBranch, parseCuda } from "../catalogue/cuda.ts";
import { oldestEngine } from "../catalogue/engines.ts";
import { type ImageReference, imageFacts } from "../catalogue/images.ts";
import { releases, tagOf } from "../catalogue/releases.ts";
import { isAtLeast, parseVersion, versionText } from "../vocabulary/version.ts";
import { type Decision, decide, type NodeFacts, type OptIn } from "./compatibility.ts";
import type { Host } from "./requirement.ts";

/** Runs; runs only once the user has opted in to what NVIDIA does not support; does not run; lacks the card's kernels; or cannot be told. */
export type DriverOutcome = Decision["outcome"] | "unknown";

export interface DriverVerdict extends Omit<Decision, "outcome"> {
  outcome: DriverOutcome;
  /** Newest tag of `vllm/vllm-openai` that runs on this node without opting in. */
  newestTag?: string;
  /** CUDA and engine of the image, where known. */
  image?: { version: string; cuda: string };
  /** Empty where it runs, or where the user opted in. */
  faults: Fault[];
}

/**
 * Judges an image on a node. Never throws: what cannot be read ends as `unknown`, with a fault.
 * @param where the file that a person would change, for the faults.
 * @param optedIn whether the user takes what NVIDIA does not support.
 */
export function judgeDriver(
  image: ImageReference,
  node: NodeFacts,
  where: string,
  optedIn = false,
): DriverVerdict {
  const host = readHost(node, where);
  const facts = imageFacts(image);
  const faults = [
    ...("fault" in host ? [host.fault] : []),
    ...(facts === undefined ? [unknownImage(image, where)] : []),
  ];
  if ("fault" in host || facts === undefined) {
    const [first] = faults;
    return {
      outcome: "unknown",
      reason: first?.problem ?? "",
      ...(first === undefined ? {} : { fix: first.fix }),
      warnings: [],
      faults,
    };
  }
  const decision = decide(facts, host, node);
  const newest = newestTag(host, node);
  const stopped = decision.outcome !== "runs" && !(decision.outcome === "opt-in" && optedIn);
  const fix = fixOf(decision, newest, node);
  return {
    ...decision,
    ...(fix === undefined ? {} : { fix }),
    ...(newest === undefined ? {} : { newestTag: newest }),
    image: { version: versionText(facts.version), cuda: cudaText(facts.cuda) },
    faults: stopped
      ? [{ where, key: "image.tag", found: image.tag, problem: decision.reason, fix: fix ?? "" }]
      : [],
  };
}

function readHost(node: NodeFacts, where: string): Host | { fault: Fault } {
  const driver = parseVersion(node.driver.version);
  if (driver === undefined) {
    const fix = "Write it as nvidia-smi shows it, for example 535.274.02";
    return {
      fault: {
        where,
        key: "gpuNode.driver.version",
        found: node.driver.version,
        problem: "this is no driver version",
        fix,
      },
    };
  }
  const stated = node.driver.cuda;
  const cuda = stated === undefined ? cudaOfBranch(driver.release[0] ?? 0) : parseCuda(stated);
  if (cuda === undefined && stated !== undefined) {
    const fix = "Write it as nvidia-smi shows it, for example 12.2";
    return {
      fault: { where, key: "gpuNode.driver.cuda", found: stated, problem: "this is no CUDA version", fix },
    };
  }
  return {
    driver,
    cuda: cuda ?? { major: 0, minor: 0 },
    guessed: stated === undefined && isNewerBranch(driver.release[0] ?? 0),
    brands: requirementBrands(brandOf(node.card.name)),
  };
}

function unknownImage(image: ImageReference, where: string): Fault {
  return {
    where,
    key: "image",
    found: `${image.repository}:${image.tag}`,
    problem: "it is not known which vLLM and which CUDA this image holds",
    fix: "Name a release such as v0.8.5.post1, or write image.version and image.cuda, for example 0.8.5 and 12.4",
  };
}

const released = releases.flatMap((release) => {
  const tag = tagOf(release);
  const facts = imageFacts({ repository: "vllm/vllm-openai", tag });
  return facts === undefined || !isAtLeast(facts.version, oldestEngine) ? [] : [{ tag, facts }];
});

/** The newest tag that runs without opting in, among those whose arguments are known here. */
function newestTag(host: Host, node: NodeFacts): string | undefined {
  return released.find(({ facts }) => decide(facts, host, node).outcome === "runs")?.tag;
}

/** Every way out, the supported ones first. */
function fixOf(decision: Decision, newest: string | undefined, node: NodeFacts): string | undefined {
  if (decision.outcome === "runs") {
    return undefined;
  }
  const ways = [
    ...(decision.fix === undefined ? [] : [decision.fix]),
    ...(newest === undefined ? [] : [`take the newest image that runs here, ${newest}`]),
    ...(decision.optIn === undefined ? [] : [optInText(decision.optIn)]),
  ];
  // No image runs on the driver as it is, so that what helps is told in its order: driver, then image.
  const kernels = decision.outcome === "no-kernels" && newest === undefined ? [imageWithKernels(node)] : [];
  const text =
    [ways.join(", or "), ...kernels].filter((way) => way !== "").join(", and ") || "take another image";
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The newest image that runs on the card, once the driver is of the branch that the card takes. */
function imageWithKernels(node: NodeFacts): string {
  const { oldest, newest } = branchesFor(node.card.computeCapability ?? 0);
  const branch = oldest ?? newest;
  const host =
    branch === undefined ? undefined : readHost({ ...node, driver: { version: `${branch}.0` } }, "");
  const tag = host === undefined || "fault" in host ? undefined : newestTag(host, node);
  return tag === undefined
    ? "take another card: no image of vLLM has kernels for this one"
    : `take the newest image that runs on ${branch}, ${tag}`;
}

/** The way against NVIDIA's rules: the switch, what it sets in the container, and what only the node's owner can set. */
function optInText({ environment, node }: OptIn): string {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const sets = variables.length === 0 ? "" : ` (the server then has ${variables.join(", ")})`;
  const besides = node.length === 0 ? "" : `, and on the node ${node.join(" and ")}`;
  return `opt in by gpuNode.driver.allowUnsupported: true${sets}${besides}`;
}
