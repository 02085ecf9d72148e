// What runs in a pod must be the same tomorrow, and of the server it must be known what it is.
import { missingTag, vllmRepository } from "../../catalogue/releases.ts";
import { parseTag } from "../../vocabulary/version.ts";
import { at, type Breach, breach, type Place } from "../base/place.ts";
import { definePolicy } from "../base/policy.ts";
import { allContainers, type Pod, podsOf, serverContainer, serverPods } from "./pods.ts";

interface Image {
  repository: string;
  tag?: string;
  digest?: string;
}

/** Every image is a version's. */
export const pinnedImage = definePolicy(
  {
    name: "pinned-image",
    scope: "object",
    demands:
      "Each container's image has a digest, or a tag that names a version: what `latest` means changes without a preview, at whatever restart comes next.",
  },
  (manifests) =>
    podsOf(manifests).flatMap((pod) =>
      allContainers(pod).flatMap((container) => {
        const image = at(container, "image");
        const { tag = "latest", digest } = imageOf(image);
        return digest === undefined && !/\d/.test(tag)
          ? [breach(image, "Name a version as its tag, or pin it by its digest")]
          : [];
      }),
    ),
);

/** The gates judged by what is known of the image. */
export const knownImage = definePolicy(
  {
    name: "known-image",
    scope: "object",
    demands:
      "The server's image has a tag of vLLM's that names a release, or says its version in the label `app.kubernetes.io/version`: what CUDA, driver and arguments it takes was judged by that. A release newer than the catalogue passes, with the gates' warning; an older one that is not in the catalogue does not exist.",
  },
  (manifests) => serverPods(manifests).flatMap(unknownImage),
);

/** As the gates have it: what names no release has its version from the settings, and so from the label. */
function unknownImage(pod: Pod): Breach[] {
  const place = at(serverContainer(pod), "image");
  const { repository, tag = "latest" } = imageOf(place);
  if (!vllmRepository.test(repository) || parseTag(tag) === undefined) {
    const version = at(pod.labels, "app.kubernetes.io/version");
    return typeof version.value === "string"
      ? []
      : [breach(version, "Say which vLLM is in the image: the setting image.version")];
  }
  const missing = missingTag(tag);
  return missing === undefined
    ? []
    : [breach(place, `${missing.problem}: take ${missing.meant}, if that is meant`)];
}

function imageOf({ value }: Place): Image {
  const [, repository = "", tag, digest] =
    /^([^@]*?)(?::([^:/@]*))?(?:@(.+))?$/.exec(typeof value === "string" ? value : "") ?? [];
  return {
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}
