/** vLLM's container images: which CUDA each tag is built on, what its engine is like, and which tags do not work. */
import { isAtLeast, parseTag, parseVersion, type Version } from "../vocabulary/version.ts";
import { type Cuda, parseCuda, requirementOf } from "./cuda.ts";
import { isNewerThanKnown, vllmRepository } from "./releases.ts";

/** An image as the stack names it. */
export interface ImageReference {
  /** For example `vllm/vllm-openai`. */
  repository: string;
  tag: string;
  /** Version of the engine in it, for an image that the table does not know. */
  version?: string;
  /** CUDA it is built on, for an image that the table does not know. */
  cuda?: string;
}

/** Names under which an engine publishes what dashboards and alerts ask for. */
export interface MetricNames {
  keyValueCacheUsage: string;
  timePerOutputToken: string;
}

/** Why a tag is not to be used. */
export interface KnownBad {
  reason: string;
  /** Driver from which it works; absent where none helps. */
  worksFromDriver?: string;
  /** Whether cards that the compatibility libraries are made for are spared. */
  worksByForwardCompatibility?: true;
  source: string;
}

export interface ImageFacts {
  version: Version;
  cuda: Cuda;
  /** Compute capabilities that it has kernels for; absent for an image that the table does not know. */
  kernels?: readonly number[];
  /** Value of NVIDIA_REQUIRE_CUDA in the image. */
  requirement: string;
  generation: "V0" | "V1";
  metrics: MetricNames;
  /** Field of an answer that holds the chain of thought, where a reasoning parser is on. */
  reasoningField: "reasoning_content" | "reasoning";
  knownBad?: KnownBad;
  /** Whether it is newer than what the table was checked against. */
  untested: boolean;
  source: string;
}

/** One base image after another: what they bring, from which release on. */
interface Base {
  from: string;
  /** CUDA of the base image. */
  cuda: string;
  /** Compute capabilities that both vLLM's and PyTorch's kernels are compiled for, on x86-64. */
  kernels: readonly number[];
  source: string;
}

/** Without those for consumer Blackwell cards. */
const toHopper = [7, 7.5, 8, 8.6, 8.9, 9];
const toBlackwell = [7, 7.5, 8, 8.9, 9, 10, 12];

/** Base images, newest first. Kernels: torch_cuda_arch_list of each release's Dockerfile, less what its PyTorch lacks. */
const bases: readonly Base[] = [
  {
    from: "0.20.0",
    cuda: "13.0.2",
    kernels: [7.5, 8, 8.6, 8.9, 9, 10, 11, 12],
    source: "vllm PR 39878; the package asks for torch 2.11 here and 2.10 in 0.19",
  },
  {
    from: "0.11.1",
    cuda: "12.9.1",
    kernels: toBlackwell,
    source:
      "janhq/server issue 262, VibeVoice issue 352; the package asks for torch 2.9 here and 2.8 in 0.11.0",
  },
  { from: "0.10.1", cuda: "12.8.1", kernels: toBlackwell, source: "vllm issue 18813, PR 16859" },
  // Its PyTorch ends at 9.0.
  { from: "0.10.0", cuda: "12.8.1", kernels: toHopper, source: "vllm issue 21633" },
  { from: "0.9.2", cuda: "12.8.1", kernels: toBlackwell, source: "vllm issue 18813, PRs 16859 and 19747" },
  {
    from: "0.9.0",
    cuda: "12.8.1",
    kernels: [7, 7.5, 8, 8.9, 9, 10],
    source: "vllm issues 18813, 18995, 18916, PR 16859",
  },
  {
    from: "0.4.3",
    cuda: "12.4.1",
    kernels: toHopper,
    source: "vllm issues 5635, 16267, 14452; 0.5.5 ran on driver 535.274.02 (reference setup)",
  },
  { from: "0.2.0", cuda: "12.1.0", kernels: toHopper, source: "vllm issues 2393, 5635" },
];

const knownBad: readonly { from: string; below: string; bad: KnownBad }[] = [
  {
    from: "0.15.0",
    below: "0.17.0",
    bad: {
      reason:
        "the image puts its own CUDA compatibility libraries first, so CUDA does not start (Error 803, on older drivers 804)",
      source:
        "vllm issues 32373 and 33369, fixed by PR 33992; the Dockerfile of 0.16.0 has it still; 804 on driver 570.195.03 (reference setup)",
    },
  },
  {
    from: "0.11.1",
    below: "0.15.0",
    bad: {
      reason:
        "its engine does not come up on drivers that lack CUDA 12.9 (Engine core initialization failed)",
      worksFromDriver: "575",
      worksByForwardCompatibility: true,
      source:
        "0.12.0 on driver 570.195.03 (reference setup); the Dockerfiles of 0.11.1 to 0.14.1 prepare the compatibility libraries alike",
    },
  },
];

/**
 * What is known of an image, by repository and tag. Numbers given with the reference win over the table.
 * @returns undefined where neither the table nor the reference says which version and CUDA it is.
 */
export function imageFacts(reference: ImageReference): ImageFacts | undefined {
  const known = vllmRepository.test(reference.repository) ? parseTag(reference.tag) : undefined;
  const version = reference.version === undefined ? known?.version : parseVersion(reference.version);
  if (version === undefined) {
    return undefined;
  }
  const base = known === undefined ? undefined : baseOf(version);
  const stated = reference.cuda ?? variantCuda(known?.variant);
  const text = stated ?? base?.cuda;
  const cuda = text === undefined ? undefined : parseCuda(text);
  if (cuda === undefined) {
    return undefined;
  }
  const untested = known !== undefined && isNewerThanKnown(version);
  const bad = known === undefined ? undefined : knownBadOf(version);
  return {
    version,
    cuda,
    ...(base === undefined || untested || isArm(known?.variant) ? {} : { kernels: base.kernels }),
    requirement: requirementOf(cuda),
    generation: isAtLeast(version, "0.8.0") ? "V1" : "V0",
    metrics: metricNames(version),
    reasoningField: isAtLeast(version, "0.11.1") ? "reasoning" : "reasoning_content",
    ...(bad === undefined ? {} : { knownBad: bad }),
    untested,
    source: stated === undefined ? (base?.source ?? "") : "as the tag or the stack file states",
  };
}

/** Metric names by version: the cache's new name came with 0.9.2 (old one hidden from 0.11), the latency's with 0.10.2; read in each version's vllm/v1/metrics/loggers.py. */
function metricNames(version: Version): MetricNames {
  return {
    keyValueCacheUsage: isAtLeast(version, "0.9.2")
      ? "vllm:kv_cache_usage_perc"
      : "vllm:gpu_cache_usage_perc",
    timePerOutputToken: isAtLeast(version, "0.10.2")
      ? "vllm:inter_token_latency_seconds"
      : "vllm:time_per_output_token_seconds",
  };
}

function baseOf(version: Version): Base | undefined {
  return bases.find(({ from }) => isAtLeast(version, from));
}

/** `cu129`, alone or beside other words of a variant, is CUDA 12.9. */
function variantCuda(variant: string | undefined): string | undefined {
  const match = /(?:^|[-.+])cu(\d{2})(\d)(?:$|[-.+])/.exec(variant ?? "");
  return match === null ? undefined : `${match[1]}.${match[2]}`;
}

/** Images for ARM have other kernels. */
function isArm(variant = ""): boolean {
  return /\b(aarch64|arm64)\b/.test(variant);
}

function knownBadOf(version: Version): KnownBad | undefined {
  return knownBad.find(({ from, below }) => isAtLeast(version, from) && !isAtLeast(version, below))?.bad;
}

/** Whether the image runs on a card of this compute capability: kernels run on later cards of the same generation, too. */
export function hasKernelsFor(kernels: readonly number[], capability: number): boolean {
  return kernels.some((known) => Math.floor(known) === Math.floor(capability) && known <= capability);
}
