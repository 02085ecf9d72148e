/** What an official release consists of. */

/** One file of an official release. */
export interface OfficialFile {
  url: string;
  /** Names in the part's folder, by path in the `.tar.gz`; a name alone where the file is no archive. */
  take: string | Record<string, string>;
  /** Where its publisher says its SHA-256 sum: what `npm run toolchain -- sums` reads. */
  published: PublishedSum;
}

/**
 * `list`: a file with lines of sum and name. `bare`: a file with the sum alone. `release`: GitHub's answer about a
 * release, which has a digest for each of its files. `module`: no sum is published for the file, but it is in a Go
 * module that go.sum pins, so it is taken from there.
 */
export type PublishedSum =
  | { kind: "list" | "bare" | "release"; url: string }
  | { kind: "module"; module: string; path: string };

/** The official release of one part for one platform. */
export interface Official {
  version: string;
  files: readonly OfficialFile[];
}

/** A platform as Go names it. */
export interface GoPlatform {
  readonly os: string;
  readonly arch: string;
}
