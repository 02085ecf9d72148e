/** The driver gate: whether an image's CUDA starts on a node's driver, card and container toolkit. */
import { brandOf, hasForwardCompatibility, requirementBrands } from "../catalogue/cards.ts";
import {
  branchOfCuda,
  compareCuda,
  cudaOfBranch,
  cudaText,
  oldestDriver,
  parseCuda,
} from "../catalogue/cuda.ts";
import { type ImageFacts, type ImageReference, imageFacts, releases, tagOf } from "../catalogue/images.ts";
import type { Fault } from "../errors.ts";
import { type Host, meetsRequirement } from "./requirement.ts";
import { compatibilityLibraries, libraryOffSetting, type Toolkit, toolkitText } from "./toolkit.ts";
import { isAtLeast, parseVersion, versionText } from "./versions.ts";

/** What is known of the GPU node, from the stack file or from the node itself. */
export interface NodeFacts {
  /** Name of the node, for messages. */
  name?: string;
  driver: {
    /** For example `535.274.02`. */
    version: string;
    /** CUDA that it reports, for example `12.2`; by default what its branch is known to bring. */
    cuda?: string;
  };
  card: { name: string };
  toolkit?: Toolkit;
}

/** Runs; runs only once the user has opted in to what NVIDIA does not support; does not run; or cannot be told. */
export type DriverOutcome = "runs" | "opt-in" | "refused" | "unknown";

/** What must be set for an image to run against the rules. */
export interface OptIn {
  /** Environment of the container. */
  environment: Record<string, string>;
  /** Settings on the node, or an upgrade that spares them. */
  node: string[];
}

export interface DriverVerdict {
  outcome: DriverOutcome;
  /** Why, as a sentence without a full stop. */
  reason: string;
  /** What to do about it; absent where it runs. */
  mend?: string;
  optIn?: OptIn;
  warnings: string[];
  /** Newest tag of `vllm/vllm-openai` that runs on this node without opting in. */
  newestTag?: string;
  /** CUDA and engine of the image, where known. */
  image?: { version: string; cuda: string };
  /** Empty where it runs, or where the user opted in. */
  faults: Fault[];
}

type Decision = Omit<DriverVerdict, "newestTag" | "image" | "faults">;

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
      ...(first === undefined ? {} : { mend: first.mend }),
      warnings: [],
      faults,
    };
  }
  const decision = decide(facts, host, node);
  const newest = newestTag(host, node);
  const stopped = decision.outcome === "refused" || (decision.outcome === "opt-in" && !optedIn);
  const mend = mendOf(decision, newest);
  return {
    ...decision,
    ...(mend === undefined ? {} : { mend }),
    ...(newest === undefined ? {} : { newestTag: newest }),
    image: { version: versionText(facts.version), cuda: cudaText(facts.cuda) },
    faults: stopped
      ? [{ where, key: "image.tag", seen: image.tag, problem: decision.reason, mend: mend ?? "" }]
      : [],
  };
}

function readHost(node: NodeFacts, where: string): Host | { fault: Fault } {
  const driver = parseVersion(node.driver.version);
  if (driver === undefined) {
    const mend = "Write it as nvidia-smi shows it, for example 535.274.02";
    return {
      fault: {
        where,
        key: "driver.version",
        seen: node.driver.version,
        problem: "this is no driver version",
        mend,
      },
    };
  }
  const stated = node.driver.cuda;
  const cuda = stated === undefined ? cudaOfBranch(driver.release[0] ?? 0) : parseCuda(stated);
  if (cuda === undefined && stated !== undefined) {
    const mend = "Write it as nvidia-smi shows it, for example 12.2";
    return { fault: { where, key: "driver.cuda", seen: stated, problem: "this is no CUDA version", mend } };
  }
  return {
    driver,
    cuda: cuda ?? { major: 0, minor: 0 },
    brands: requirementBrands(brandOf(node.card.name)),
  };
}

function unknownImage(image: ImageReference, where: string): Fault {
  return {
    where,
    key: "image",
    seen: `${image.repository}:${image.tag}`,
    problem: "it is not known which vLLM and which CUDA this image holds",
    mend: "Name a release such as v0.8.5.post1, or write image.version and image.cuda, for example 0.8.5 and 12.4",
  };
}

function decide(facts: ImageFacts, host: Host, node: NodeFacts): Decision {
  const warnings = facts.untested
    ? [
        `vLLM ${versionText(facts.version)} is newer than this table; its CUDA is taken to be ${cudaText(facts.cuda)}`,
      ]
    : [];
  const bad = facts.knownBad;
  if (
    bad !== undefined &&
    !(bad.worksFromDriver !== undefined && isAtLeast(host.driver, bad.worksFromDriver))
  ) {
    const mend =
      bad.worksFromDriver === undefined ? {} : { mend: `Install driver ${bad.worksFromDriver} or newer` };
    return {
      outcome: "refused",
      reason: `this image is known not to work: ${bad.reason}`,
      ...mend,
      warnings,
    };
  }
  const driver = `driver ${node.driver.version.trim()} (CUDA ${cudaText(host.cuda)})`;
  if (compareCuda(host.cuda, facts.cuda) >= 0) {
    return { outcome: "runs", reason: `${driver} has the image's CUDA ${cudaText(facts.cuda)}`, warnings };
  }
  const listed = meetsRequirement(facts.requirement, host);
  const floor = oldestDriver[facts.cuda.major];
  if (floor === undefined || !isAtLeast(host.driver, floor)) {
    return olderMajor(facts, driver, floor, listed, node, warnings);
  }
  return sameMajor(facts, driver, listed, node, warnings);
}

/** The driver is too old for the image's CUDA major version: only forward compatibility could bridge that. */
function olderMajor(
  facts: ImageFacts,
  driver: string,
  floor: string | undefined,
  listed: boolean,
  node: NodeFacts,
  warnings: string[],
): Decision {
  if (hasForwardCompatibility(brandOf(node.card.name)) && listed) {
    const reason = `${driver} runs CUDA ${cudaText(facts.cuda)} by the image's compatibility libraries`;
    return { outcome: "runs", reason, warnings: [...warnings, smokeJob(reason)] };
  }
  const needed = floor ?? branchOfCuda(facts.cuda);
  return {
    outcome: "refused",
    reason:
      `${driver} is too old for the image's CUDA ${cudaText(facts.cuda)}` +
      (needed === undefined ? "" : `, which needs driver ${needed} or newer`) +
      `; ${node.card.name} has no forward compatibility for it`,
    mend: needed === undefined ? "Install a newer driver" : `Install driver ${needed} or newer`,
    warnings,
  };
}

/** The driver has the image's CUDA major version, but an older minor one: minor-version compatibility, if nothing stands in its way. */
function sameMajor(
  facts: ImageFacts,
  driver: string,
  listed: boolean,
  node: NodeFacts,
  warnings: string[],
): Decision {
  const toolkit = node.toolkit ?? {};
  const forward = hasForwardCompatibility(brandOf(node.card.name));
  const libraries = compatibilityLibraries(toolkit);
  const inTheWay = libraries !== "ignored" && !(forward && listed);
  const compatible = `${driver} runs CUDA ${cudaText(facts.cuda)} by minor-version compatibility`;
  if (listed || (toolkit.mode === "cdi" && !inTheWay)) {
    const cause =
      `${toolkitText(toolkit)} may put the image's newer CUDA libraries first, ` +
      `which ends with Error 804 on ${node.card.name}; container toolkit 1.20 does not`;
    return {
      outcome: "runs",
      reason: compatible,
      warnings: [...warnings, ...(inTheWay ? [smokeJob(cause)] : [])],
    };
  }
  const checked = toolkit.mode !== "cdi";
  const environment: Record<string, string> = checked ? { NVIDIA_DISABLE_REQUIRE: "1" } : {};
  const setting = inTheWay ? [`${libraryOffSetting(toolkit)} (not needed from container toolkit 1.20)`] : [];
  const branch = branchOfCuda(facts.cuda);
  const obstacles = [
    ...(checked
      ? [`the container runtime refuses it (NVIDIA_REQUIRE_CUDA wants cuda>=${cudaText(facts.cuda)})`]
      : []),
    ...(inTheWay ? ["the image's newer CUDA libraries end with Error 804"] : []),
  ];
  return {
    outcome: "opt-in",
    reason: `${compatible}, but on ${node.card.name} ${obstacles.join(", and ")}`,
    mend: `Install driver ${branch ?? "of that CUDA"} or newer`,
    optIn: { environment, node: setting },
    warnings: [...warnings, smokeJob("what is opted in to is not supported by NVIDIA")],
  };
}

function smokeJob(cause: string): string {
  return `${cause}: let the smoke Job start CUDA in this image before it is relied on`;
}

const released = releases.flatMap((release) => {
  const tag = tagOf(release);
  const facts = imageFacts({ repository: "vllm/vllm-openai", tag });
  return facts === undefined ? [] : [{ tag, facts }];
});

/** The newest tag that runs without opting in. */
function newestTag(host: Host, node: NodeFacts): string | undefined {
  return released.find(({ facts }) => decide(facts, host, node).outcome === "runs")?.tag;
}

/** Every way out, the supported ones first. */
function mendOf(decision: Decision, newest: string | undefined): string | undefined {
  if (decision.outcome === "runs") {
    return undefined;
  }
  const switches = [
    ...Object.entries(decision.optIn?.environment ?? {}).map(([name, value]) => `${name}=${value}`),
    ...(decision.optIn?.node ?? []),
  ];
  const ways = [
    ...(decision.mend === undefined ? [] : [decision.mend]),
    ...(newest === undefined ? [] : [`take the newest image that runs here, ${newest}`]),
    ...(switches.length === 0 ? [] : [`opt in to ${switches.join(" and ")}`]),
  ];
  const text = ways.length === 0 ? "take another image" : ways.join(", or ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
