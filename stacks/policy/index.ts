/**
 * Policy: the fences that every mode's manifests must have, whatever settings and code made them. The gates and rules judge
 * settings; this judges what came out, so that an edit which loses a fence is noticed. Pure.
 * `pod/` is what runs, `access/` who gets to it.
 */
import type { Manifest } from "../manifests/index.ts";
import { drainable } from "./access/drain.ts";
import { fencedPod } from "./access/network.ts";
import { fencedRoute } from "./access/route.ts";
import type { Policy, Violation } from "./base/policy.ts";
import { knownByLabels, ownNamespace } from "./ownership.ts";
import { oneGpu } from "./pod/gpu.ts";
import { hardenedPod } from "./pod/hardened-pod.ts";
import { knownImage, pinnedImage } from "./pod/image.ts";
import { memoryLimit } from "./pod/memory.ts";
import { lossNoticed } from "./pod/probes.ts";
import { keyAskedFor, noPlainSecret } from "./pod/secrets.ts";
import { serviceNames } from "./services.ts";

export { type Policy, type Violation, violationText } from "./base/policy.ts";

/** In the order in which docs/policy.md tells of them. */
export const policies: readonly Policy[] = [
  pinnedImage,
  knownImage,
  oneGpu,
  lossNoticed,
  memoryLimit,
  hardenedPod,
  noPlainSecret,
  keyAskedFor,
  drainable,
  fencedPod,
  fencedRoute,
  serviceNames,
  ownNamespace,
  knownByLabels,
];

/** Every violation of every policy; none where the manifests have all fences. @param manifests all of a mode */
export function policyViolations(manifests: readonly Manifest[]): Violation[] {
  return policies.flatMap((policy) => policy.judge(manifests));
}
