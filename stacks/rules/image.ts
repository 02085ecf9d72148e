// What is in the image must be known: by its name, or because the settings tell.

import { compareCuda, cudaText, parseCuda } from "../catalogue/cuda.ts";
import { oldestEngine } from "../catalogue/engines.ts";
import { imageFacts } from "../catalogue/images.ts";
import { missingTag } from "../catalogue/releases.ts";
import { imageReference, isCatalogued } from "../resolve/image.ts";
import { compareVersions, isAtLeast, parseVersion, versionText } from "../vocabulary/version.ts";
import type { Finding } from "./faults.ts";
import type { Rule } from "./rule.ts";

export const imageRules: readonly Rule[] = [
  {
    reads: ["image"],
    findings: ({ image }) =>
      isCatalogued(image)
        ? []
        : (["version", "cuda"] as const)
            .filter((key) => image[key] === undefined)
            .map(
              (key): Finding => ({
                path: ["image", key],
                problem: `is needed, as the name ${imageReference(image)} does not tell ${
                  key === "version" ? "which vLLM is in it" : "which CUDA it was built with"
                }`,
                fix: `Write it like \`${key}: ${key === "version" ? "0.8.5" : '"12.4"'}\`, or take a version of vllm/vllm-openai`,
              }),
            ),
  },
  {
    reads: ["image"],
    findings: ({ image }) => {
      const told = parseVersion(image.version ?? "");
      const tagged = parseVersion(image.tag);
      return isCatalogued(image) &&
        told !== undefined &&
        tagged !== undefined &&
        compareVersions(told, tagged) !== 0
        ? [
            {
              path: ["image", "version"],
              problem: `contradicts the tag ${image.tag}`,
              fix: "Remove it; the tag tells the version",
            },
          ]
        : [];
    },
  },
  {
    reads: ["image"],
    findings: ({ image }) => {
      const { repository, tag } = image;
      const told = parseCuda(image.cuda ?? "");
      const known = isCatalogued(image) ? imageFacts({ repository, tag }) : undefined;
      return told !== undefined &&
        known !== undefined &&
        !known.untested &&
        compareCuda(told, known.cuda) !== 0
        ? [
            {
              path: ["image", "cuda"],
              problem: `contradicts the tag ${tag}, whose image has CUDA ${cudaText(known.cuda)}`,
              fix: "Remove it; the tag tells the CUDA",
            },
          ]
        : [];
    },
  },
  {
    reads: ["image"],
    findings: ({ image }) => {
      const missing = isCatalogued(image) ? missingTag(image.tag) : undefined;
      return missing === undefined
        ? []
        : [
            {
              path: ["image", "tag"],
              problem: missing.problem,
              fix: `Write ${missing.meant}, if that is meant; an image of your own needs another repository's name, image.version and image.cuda`,
            },
          ];
    },
  },
  {
    reads: ["image"],
    findings: ({ image }, { resolved: { version } }) =>
      version !== undefined && !isAtLeast(version, oldestEngine)
        ? [
            {
              path: ["image", isCatalogued(image) ? "tag" : "version"],
              problem: `the arguments of vLLM ${versionText(version)} are not known here`,
              fix: `Take ${oldestEngine} or newer`,
            },
          ]
        : [],
  },
];
