/** The rules by which a driver runs an image's CUDA, or does not: NVIDIA's compatibility guide, and what was measured against it. */
import { brandOf, hasForwardCompatibility } from "../catalogue/brands.ts";
import { branchesFor, branchOfCuda, compareCuda, cudaText, oldestDriver } from "../catalogue/cuda.ts";
import { hasKernelsFor, type ImageFacts } from "../catalogue/images.ts";
import { isAtLeast, versionText } from "../vocabulary/version.ts";
import { type Host, meetsRequirement } from "./requirement.ts";
import { compatibilityLibraries, libraryOffSetting, type Toolkit, toolkitText } from "./toolkit.ts";

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
  card: { name: string; computeCapability?: number };
  toolkit?: Toolkit;
}

/** What must be set for an image to run against the rules. */
export interface OptIn {
  /** Environment of the container. */
  environment: Record<string, string>;
  /** Settings on the node, or an upgrade that spares them. */
  node: string[];
}

/** What the rules say of one image on one node. */
export interface Decision {
  outcome: "runs" | "opt-in" | "refused" | "no-kernels";
  /** Why, as a sentence without a full stop. */
  reason: string;
  /** What to do about it; absent where it runs. */
  fix?: string;
  optIn?: OptIn;
  warnings: string[];
}

/** Applies the rules. The card first, then known bad tags, then CUDA of the driver's own, then what compatibility there is. */
export function decide(facts: ImageFacts, host: Host, node: NodeFacts): Decision {
  const warnings = [
    ...(facts.untested
      ? [
          `vLLM ${versionText(facts.version)} is newer than this table; its CUDA is taken to be ${cudaText(facts.cuda)}`,
        ]
      : []),
    ...(host.guessed
      ? [
          `driver ${node.driver.version.trim()} is newer than this table; its CUDA is taken to be ${cudaText(host.cuda)}. Set gpuNode.driver.cuda to what nvidia-smi shows`,
        ]
      : []),
  ];
  const misfit = cardMisfit(facts, host, node);
  if (misfit !== undefined) {
    return { ...misfit, warnings };
  }
  const bad = facts.knownBad;
  const spared =
    (bad?.worksFromDriver !== undefined && isAtLeast(host.driver, bad.worksFromDriver)) ||
    (bad?.worksByForwardCompatibility && hasForwardCompatibility(brandOf(node.card.name)));
  if (bad !== undefined && !spared) {
    const fix =
      bad.worksFromDriver === undefined ? {} : { fix: `Install driver ${bad.worksFromDriver} or newer` };
    return {
      outcome: "refused",
      reason: `this image is known not to work: ${bad.reason}`,
      ...fix,
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

/** Why driver or image can do nothing with this generation of cards; undefined where they can, or where it is not known. */
function cardMisfit(
  { version, kernels }: ImageFacts,
  { driver }: Host,
  { card: { name, computeCapability }, driver: { version: driverText } }: NodeFacts,
): Pick<Decision, "outcome" | "reason" | "fix"> | undefined {
  if (computeCapability === undefined) {
    return undefined;
  }
  const card = `${name} (compute capability ${computeCapability.toFixed(1)})`;
  const { oldest, newest } = branchesFor(computeCapability);
  const branch = driver.release[0] ?? 0;
  const tooOld = oldest !== undefined && branch < oldest;
  const tooNew = newest !== undefined && branch > newest;
  const lacking = kernels !== undefined && !hasKernelsFor(kernels, computeCapability) ? kernels : undefined;
  const reasons = [
    ...(tooOld
      ? [`driver ${driverText.trim()} does not know ${card}, which needs branch ${oldest} or newer`]
      : []),
    ...(tooNew ? [`driver ${driverText.trim()} no longer knows ${card}; branch ${newest} is the last`] : []),
    ...(lacking === undefined
      ? []
      : [
          `the image of vLLM ${versionText(version)} has no kernels for ${card}, only for ${lacking.map((one) => one.toFixed(1)).join(", ")}`,
        ]),
  ];
  return reasons.length === 0
    ? undefined
    : {
        outcome: lacking === undefined ? "refused" : "no-kernels",
        reason: reasons.join("; and "),
        ...(tooOld ? { fix: `Install driver ${oldest} or newer` } : {}),
        ...(tooNew ? { fix: `Install driver ${newest}` } : {}),
      };
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
    return { outcome: "runs", reason, warnings: [...warnings, firstStartTells(reason)] };
  }
  const needed = floor ?? branchOfCuda(facts.cuda);
  return {
    outcome: "refused",
    reason:
      `${driver} is too old for the image's CUDA ${cudaText(facts.cuda)}` +
      (needed === undefined ? "" : `, which needs driver ${needed} or newer`) +
      `; ${node.card.name} has no forward compatibility for it`,
    fix: needed === undefined ? "Install a newer driver" : `Install driver ${needed} or newer`,
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
      `${toolkitText(toolkit)} may load the image's newer CUDA libraries (1.20 does not), ` +
      `which end with Error 804 on ${node.card.name}`;
    return {
      outcome: "runs",
      reason: compatible,
      warnings: [...warnings, ...(inTheWay ? [firstStartTells(cause)] : [])],
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
    fix: `Install driver ${branch ?? "of that CUDA"} or newer`,
    optIn: { environment, node: setting },
    warnings: [...warnings, firstStartTells("what is opted in to is not supported by NVIDIA")],
  };
}

/** What only a start of CUDA in this image on this node can show. */
function firstStartTells(cause: string): string {
  return `${cause}: whether CUDA starts shows at the first start on this node, or before it with smokeTest: true`;
}
