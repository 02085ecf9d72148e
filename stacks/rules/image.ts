// What is in the image must be known: by its name, or because the settings tell.

import { oldestEngine } from "../catalogue/engines.ts";
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
