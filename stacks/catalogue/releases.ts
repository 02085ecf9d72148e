/** Which releases of vLLM there are, and the tags that its image has for each. */
import leven from "leven";
import { compareVersions, isAtLeast, parseTag, parseVersion, type Version } from "../vocabulary/version.ts";

/** vLLM's own image, also as a mirror or a pull-through cache names it. */
export const vllmRepository = /(?:^|\/)vllm\/vllm-openai$/;

/** Releases, newest first, from the package's own list; what is older than 0.4.0 is of no use here. */
export const releases: readonly string[] = [
  ...["0.33.0", "0.32.0", "0.31.0", "0.30.0", "0.29.0", "0.28.0", "0.27.1", "0.27.0", "0.26.0", "0.25.1"],
  ...["0.25.0", "0.24.0", "0.23.0", "0.22.1", "0.22.0", "0.21.0", "0.20.2", "0.20.1", "0.20.0", "0.19.1"],
  ...["0.19.0", "0.18.1", "0.18.0", "0.17.1", "0.17.0", "0.16.0", "0.15.1", "0.15.0", "0.14.1", "0.14.0"],
  ...["0.13.0", "0.12.0", "0.11.2", "0.11.1", "0.11.0", "0.10.2", "0.10.1.1", "0.10.1", "0.10.0", "0.9.2"],
  ...["0.9.1", "0.9.0.1", "0.9.0", "0.8.5.post1", "0.8.5", "0.8.4", "0.8.3", "0.8.2", "0.8.1", "0.8.0"],
  ...["0.7.3", "0.7.2", "0.7.1", "0.7.0", "0.6.6.post1", "0.6.6", "0.6.5", "0.6.4.post1", "0.6.4"],
  ...["0.6.3.post1", "0.6.3", "0.6.2", "0.6.1.post2", "0.6.1.post1", "0.6.1", "0.6.0", "0.5.5", "0.5.4"],
  ...["0.5.3.post1", "0.5.3", "0.5.2", "0.5.1", "0.5.0.post1", "0.5.0", "0.4.3", "0.4.2", "0.4.1"],
  ...["0.4.0.post1", "0.4.0"],
];

const newest = releases[0] ?? "";

/** Which releases have which image beside the plain one, by the words of its variant (vLLM's release pipeline of each version). */
const variants: readonly { word: RegExp; from: string; to?: string }[] = [
  // Of one processor alone; with which release these began is not known.
  { word: /^(x86_64|aarch64|arm64)$/, from: "0.4.0" },
  { word: /^cu130$/, from: "0.13.0", to: "0.19.1" },
  { word: /^cu129$/, from: "0.20.0", to: "0.32.0" },
  { word: /^ubuntu2404$/, from: "0.18.1", to: "0.32.0" },
  { word: /^efa$/, from: "0.33.0" },
];

/** The tag of a release. */
export function tagOf(release: string): string {
  return `v${release}`;
}

/** Whether a version is newer than all that is known here. */
export function isNewerThanKnown(version: Version): boolean {
  return isAtLeast(version, newest) && !isSame(version, newest);
}

/** Why vLLM's repository has no such tag, and the tag that was probably meant. */
export interface MissingTag {
  problem: string;
  meant: string;
}

/**
 * What is wrong with a tag of vLLM's own repository; undefined for one that exists, that names no release, or that is newer
 * than what is known here.
 */
export function missingTag(text: string): MissingTag | undefined {
  const tag = parseTag(text);
  if (tag === undefined || tag.version.stage === "pre" || isNewerThanKnown(tag.version)) {
    return undefined;
  }
  const release = releases.find((known) => isSame(tag.version, known));
  if (release === undefined) {
    return { problem: "there is no such release of vLLM", meant: nearestTag(text) };
  }
  if (!text.startsWith(tagOf(release))) {
    const variant = tag.variant === undefined ? "" : `-${tag.variant}`;
    const problem = text.startsWith("v")
      ? `vLLM's tag of ${release} is written otherwise`
      : "vLLM's tags begin with v";
    return { problem, meant: `${tagOf(release)}${variant}` };
  }
  const words = (tag.variant ?? "").split("-").filter((word) => word !== "");
  const wrong = words.find((word) => !isVariant(tag.version, word));
  return wrong === undefined
    ? undefined
    : { problem: `vLLM ${release} has no image with ${wrong}`, meant: tagOf(release) };
}

/** Whether a release has the variant; a word that is no CUDA version and is not known here may be somebody's own. */
function isVariant(version: Version, word: string): boolean {
  const known = variants.find((variant) => variant.word.test(word));
  if (known === undefined) {
    return !/^cu\d+$/.test(word);
  }
  const end = known.to === undefined ? undefined : parseVersion(known.to);
  return isAtLeast(version, known.from) && (end === undefined || compareVersions(version, end) <= 0);
}

function nearestTag(text: string): string {
  const [best = newest] = releases.toSorted((a, b) => leven(tagOf(a), text) - leven(tagOf(b), text));
  return tagOf(best);
}

function isSame(version: Version, text: string): boolean {
  const other = parseVersion(text);
  return other !== undefined && compareVersions(version, other) === 0;
}
