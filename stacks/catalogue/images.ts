/** vLLM's container images: which CUDA each tag is built on, what its engine is like, and which tags do not work. */
import {
  compareVersions,
  isAtLeast,
  parseTag,
  parseVersion,
  type Version,
  versionText,
} from "../vocabulary/version.ts";
import { type Cuda, parseCuda, requirementOf } from "./cuda.ts";

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
  source: string;
}

export interface ImageFacts {
  version: Version;
  cuda: Cuda;
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

const vllmRepository = /(?:^|\/)vllm\/vllm-openai$/;

/** The newest image that was seen. */
const newestSeen = "0.31.0";

/** First tag of each CUDA base image, newest first. */
const bases: readonly { from: string; cuda: string; source: string }[] = [
  {
    from: "0.20.0",
    cuda: "13.0.2",
    source: "vllm PR 39878; the package asks for torch 2.11 here and 2.10 in 0.19",
  },
  {
    from: "0.11.1",
    cuda: "12.9.1",
    source:
      "janhq/server issue 262, VibeVoice issue 352; the package asks for torch 2.9 here and 2.8 in 0.11.0",
  },
  { from: "0.9.0", cuda: "12.8.1", source: "vllm issue 18813, PR 16859" },
  {
    from: "0.4.3",
    cuda: "12.4.1",
    source: "vllm issue 5635; 0.5.5 ran on driver 535.274.02 (reference setup)",
  },
  { from: "0.2.0", cuda: "12.1.0", source: "vllm issues 2393, 5635" },
];

const knownBad: readonly { versions: readonly string[]; bad: KnownBad }[] = [
  {
    versions: ["0.15.0", "0.15.1"],
    bad: {
      reason:
        "the image puts its own CUDA compatibility libraries first, so CUDA does not start (Error 803, on older drivers 804)",
      source: "vllm issues 32373 and 33369, fixed by PR 33992; 804 on driver 570.195.03 (reference setup)",
    },
  },
  {
    versions: ["0.12.0"],
    bad: {
      reason:
        "its engine does not come up on drivers that lack CUDA 12.9 (Engine core initialization failed)",
      worksFromDriver: "575",
      source: "driver 570.195.03 (reference setup)",
    },
  },
];

/**
 * Releases of vLLM, newest first, each with an image of that tag: what a newest tag that works is looked for among.
 * From the package's list of releases, as far as images were seen.
 */
export const releases: readonly string[] = [
  ...["0.31.0", "0.30.0", "0.29.0", "0.28.0", "0.27.1", "0.27.0", "0.26.0", "0.25.1", "0.25.0", "0.24.0"],
  ...["0.23.0", "0.22.1", "0.22.0", "0.21.0", "0.20.2", "0.20.1", "0.20.0", "0.19.1", "0.19.0", "0.18.1"],
  ...["0.18.0", "0.17.1", "0.17.0", "0.16.0", "0.15.1", "0.15.0", "0.14.1", "0.14.0", "0.13.0", "0.12.0"],
  ...["0.11.2", "0.11.1", "0.11.0", "0.10.2", "0.10.1.1", "0.10.1", "0.10.0", "0.9.2", "0.9.1", "0.9.0.1"],
  ...["0.9.0", "0.8.5.post1", "0.8.5", "0.8.4", "0.8.3", "0.8.2", "0.8.1", "0.8.0", "0.7.3", "0.7.2"],
  ...[
    "0.7.1",
    "0.7.0",
    "0.6.6.post1",
    "0.6.5",
    "0.6.4.post1",
    "0.6.3.post1",
    "0.6.2",
    "0.6.1.post2",
    "0.6.0",
  ],
  ...[
    "0.5.5",
    "0.5.4",
    "0.5.3.post1",
    "0.5.2",
    "0.5.1",
    "0.5.0.post1",
    "0.4.3",
    "0.4.2",
    "0.4.1",
    "0.4.0.post1",
  ],
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
  const bad = known === undefined ? undefined : knownBadOf(version);
  return {
    version,
    cuda,
    requirement: requirementOf(cuda),
    generation: isAtLeast(version, "0.8.0") ? "V1" : "V0",
    metrics: metricNames(version),
    reasoningField: isAtLeast(version, "0.11.1") ? "reasoning" : "reasoning_content",
    ...(bad === undefined ? {} : { knownBad: bad }),
    untested: known !== undefined && isAtLeast(version, newestSeen) && !isSame(version, newestSeen),
    source: stated === undefined ? (base?.source ?? "") : "as the tag or the stack file states",
  };
}

/** The tag of a release. */
export function tagOf(release: string): string {
  return `v${release}`;
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

function baseOf(version: Version): { cuda: string; source: string } | undefined {
  return bases.find(({ from }) => isAtLeast(version, from));
}

/** `cu129`, alone or beside other words of a variant, is CUDA 12.9. */
function variantCuda(variant: string | undefined): string | undefined {
  const match = /(?:^|[-.+])cu(\d{2})(\d)(?:$|[-.+])/.exec(variant ?? "");
  return match === null ? undefined : `${match[1]}.${match[2]}`;
}

function knownBadOf(version: Version): KnownBad | undefined {
  return knownBad.find(({ versions }) => versions.includes(versionText(version)))?.bad;
}

function isSame(version: Version, text: string): boolean {
  const other = parseVersion(text);
  return other !== undefined && compareVersions(version, other) === 0;
}
