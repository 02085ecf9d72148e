// What runs in a pod must be the same tomorrow, and of the server it must be known what it is.
import { imageFacts } from "../../catalogue/images.ts";
import { missingTag, vllmRepository } from "../../catalogue/releases.ts";
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
      "The server's image is a release of vLLM in the catalogue, or says its version in the label `app.kubernetes.io/version`: what CUDA, driver and arguments it takes was judged by that.",
  },
  (manifests) => serverPods(manifests).flatMap(unknownImage),
);

function unknownImage(pod: Pod): Breach[] {
  const place = at(serverContainer(pod), "image");
  const { repository, tag = "latest" } = imageOf(place);
  if (!vllmRepository.test(repository)) {
    const version = at(pod.labels, "app.kubernetes.io/version");
    return typeof version.value === "string"
      ? []
      : [breach(version, "Say which vLLM is in the image: the setting image.version")];
  }
  const missing = missingTag(tag);
  if (missing !== undefined) {
    return [breach(place, `${missing.problem}: take ${missing.meant}, if that is meant`)];
  }
  const facts = imageFacts({ repository, tag });
  return facts === undefined || facts.untested
    ? [breach(place, "Take a release that stacks/catalogue/releases.ts lists, or add this one there")]
    : [];
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
