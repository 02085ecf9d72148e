/**
 * Versions as image tags and drivers write them: `v0.8.5.post1`, `0.11.0rc2`, `v0.20.0-cu129`, `535.274.02`.
 * Semantic versioning has no post-releases and takes `-cu129` for a pre-release, so the order here is Python's (PEP 440).
 */

export interface Version {
  /** The dotted numbers, for example [0, 8, 5]. */
  release: readonly number[];
  /** Before the release (a, b, rc), the release itself, or after it (post). */
  stage: "pre" | "final" | "post";
  /** Which of the stage: 1 of `post1`; 0 where there is none. */
  serial: number;
}

export interface Tag {
  version: Version;
  /** What follows a dash, for example `cu129` or `x86_64`. */
  variant?: string;
}

const stages = ["pre", "final", "post"] as const;
const shape = /^v?(\d{1,9}(?:\.\d{1,9}){0,3})(?:[.-]?(post|rc|a|b)(\d{1,9}))?(?:[-+](.+))?$/;

/** The version and variant that a tag names, or undefined for one without a version, such as `latest`. */
export function parseTag(tag: string): Tag | undefined {
  const match = shape.exec(tag.trim());
  const numbers = match?.[1];
  if (match === null || numbers === undefined) {
    return undefined;
  }
  const [, , word, serial, variant] = match;
  const version: Version = {
    release: numbers.split(".").map(Number),
    stage: word === undefined ? "final" : word === "post" ? "post" : "pre",
    serial: Number(serial ?? 0),
  };
  return variant === undefined ? { version } : { version, variant };
}

/** The version that a text names, any variant dropped; undefined where it names none. */
export function parseVersion(text: string): Version | undefined {
  return parseTag(text)?.version;
}

/** Negative where a is older than b, 0 where they are the same, positive where a is newer. Missing numbers count as 0. */
export function compareVersions(a: Version, b: Version): number {
  const length = Math.max(a.release.length, b.release.length);
  for (let index = 0; index < length; index += 1) {
    const difference = (a.release[index] ?? 0) - (b.release[index] ?? 0);
    if (difference !== 0) {
      return difference;
    }
  }
  const stage = stages.indexOf(a.stage) - stages.indexOf(b.stage);
  return stage !== 0 ? stage : a.serial - b.serial;
}

/** Whether the version is the named one or newer. `least` is a literal of the code, such as "0.9.0". */
export function isAtLeast(version: Version, least: string): boolean {
  const bound = parseVersion(least);
  return bound !== undefined && compareVersions(version, bound) >= 0;
}

/** `0.8.5.post1`, `0.11.0rc2`. */
export function versionText(version: Version): string {
  const numbers = version.release.join(".");
  if (version.stage === "final") {
    return numbers;
  }
  return version.stage === "post" ? `${numbers}.post${version.serial}` : `${numbers}rc${version.serial}`;
}
