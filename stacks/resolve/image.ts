// What the name of an image tells: whether it is vLLM's own, and which engine is in it.
import { vllmRepository } from "../catalogue/releases.ts";
import type { Settings } from "../settings/index.ts";
import { parseVersion, type Version } from "../vocabulary/version.ts";

type Image = Settings["image"];

/** Whether the name says what is in the image: vLLM's own, with a version as its tag. */
export function isCatalogued(image: Image): boolean {
  return vllmRepository.test(image.repository) && parseVersion(image.tag) !== undefined;
}

/** Version of the engine in the image; nothing where neither its name nor `image.version` tells. */
export function engineVersion(image: Image): Version | undefined {
  return parseVersion(isCatalogued(image) ? image.tag : (image.version ?? ""));
}

/** The image as Kubernetes is told it: `repository:tag`, with the digest where it is pinned. */
export function imageReference({
  repository,
  tag,
  digest,
}: Pick<Image, "repository" | "tag" | "digest">): string {
  return digest === undefined ? `${repository}:${tag}` : `${repository}:${tag}@${digest}`;
}
