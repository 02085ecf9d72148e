/**
 * NVIDIA's container toolkit, and what it does with the CUDA compatibility libraries in an image. On cards without
 * forward compatibility these must not be used: CUDA then ends with Error 804.
 */
import { isAtLeast, parseVersion } from "../vocabulary/version.ts";

export interface Toolkit {
  /** Version of nvidia-container-toolkit, for example `1.18.1`. */
  version?: string;
  /** Whether it prepares containers itself (`legacy`, and checks NVIDIA_REQUIRE_CUDA) or by CDI (and does not). @default legacy */
  mode?: "legacy" | "cdi";
}

/**
 * What becomes of an image's compatibility libraries on a host whose driver is older than they are:
 * `ignored` (1.17.4, and from 1.20.0, which looks whether they suit the card), `preferred` (before 1.17.4, and 1.17.5
 * to 1.19 by the hook enable-cuda-compat, which does not ask for the card), or not known.
 * Source: its release notes; issues 877, 906, 1426; pull requests 1055 and 1784.
 */
export type CompatibilityLibraries = "ignored" | "preferred" | "unknown";

export function compatibilityLibraries(toolkit: Toolkit): CompatibilityLibraries {
  const version = toolkit.version === undefined ? undefined : parseVersion(toolkit.version);
  if (version === undefined) {
    return "unknown";
  }
  const between = isAtLeast(version, "1.17.4") && !isAtLeast(version, "1.17.5");
  return between || isAtLeast(version, "1.20.0") ? "ignored" : "preferred";
}

/** The setting on the node that keeps the libraries out, by mode. */
export function libraryOffSetting(toolkit: Toolkit): string {
  return toolkit.mode === "cdi"
    ? "features.disable-cuda-compat-lib-hook = true in the container toolkit's config.toml"
    : 'nvidia-container-runtime.modes.legacy.cuda-compat-mode = "disabled" in the container toolkit\'s config.toml';
}

/** `container toolkit 1.18.1`, or without the number where it is not known. */
export function toolkitText(toolkit: Toolkit): string {
  return toolkit.version === undefined
    ? "the container toolkit, of unknown version,"
    : `container toolkit ${toolkit.version}`;
}
