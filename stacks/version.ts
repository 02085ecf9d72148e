// The engine's version as image tags write it: `v0.8.5.post1`, `v0.20.0-cu129`.
//
// Not the semver package: `0.8.5.post1` is no semantic version to it. It either refuses the tag or, when coerced, drops
// the `.post1` that makes it the later of the two.

/** A version of the engine. */
export interface EngineVersion {
  major: number;
  minor: number;
  patch: number;
  /** Number of a release that only mends the packaging of the same version; absent for the first. */
  post?: number;
}

/** The version that a tag or a `image.version` names; nothing for `latest`, `nightly` and other names. */
export function parseVersion(tag: string): EngineVersion | undefined {
  const match = /^v?(\d+)\.(\d+)\.(\d+)(?:\.post(\d+))?(?:-[-\w.]+)?$/.exec(tag);
  if (match === null) {
    return undefined;
  }
  const [, major, minor, patch, post] = match;
  return {
    major: Number(major),
    minor: Number(minor),
    patch: Number(patch),
    ...(post === undefined ? {} : { post: Number(post) }),
  };
}

/** Negative, 0 or positive, as `a` is the older, the same or the newer. */
export function compareVersions(a: EngineVersion, b: EngineVersion): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch || (a.post ?? 0) - (b.post ?? 0);
}

/** Whether a version is the one written as `0.16.0` or newer. */
export function atLeast(version: EngineVersion, wanted: string): boolean {
  const bound = parseVersion(wanted);
  if (bound === undefined) {
    throw new TypeError(`${wanted} is no version`);
  }
  return compareVersions(version, bound) >= 0;
}

/** `0.8.5.post1` */
export function versionText({ major, minor, patch, post }: EngineVersion): string {
  return `${major}.${minor}.${patch}${post === undefined ? "" : `.post${post}`}`;
}
