import { engineCautions, knownLimits } from "../../../stacks/cautions/index.ts";
import { versionText } from "../../../stacks/vocabulary/version.ts";
import type { Requirement } from "../items/requirement.ts";
import { warningOf } from "./warning.ts";

/** Whether the engine's version has published faults that matter to what the mode counts on. */
export const engineVersion: Requirement = {
  item: "vLLM's version",
  concerns: ({ serves }) => serves,
  paths: () => [],
  byHand: "https://github.com/vllm-project/vllm/security/advisories",
  judge({ settings, server: { version, numbers: model } }) {
    const limits = knownLimits(version);
    return (
      warningOf(engineCautions(settings, { version, model })) ?? {
        state: "ok",
        found: `${versionText(version)}, ${
          limits === undefined
            ? "of which no published fault is known here"
            : `of which no published fault lets anybody past this mode's fences; but ${limits}`
        }`,
      }
    );
  },
};
