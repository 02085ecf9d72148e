// What is said of the driver must not contradict itself.
import { compareCuda, cudaOfKnownBranch, cudaText, parseCuda } from "../catalogue/cuda.ts";
import { parseVersion } from "../vocabulary/version.ts";
import type { Rule } from "./rule.ts";

export const driverRules: readonly Rule[] = [
  {
    reads: ["gpuNode.driver"],
    findings: ({ gpuNode: { driver } }) => {
      const branch = parseVersion(driver.version)?.release[0] ?? 0;
      const brought = cudaOfKnownBranch(branch);
      const told = parseCuda(driver.cuda ?? "");
      return brought !== undefined && told !== undefined && compareCuda(brought, told) !== 0
        ? [
            {
              path: ["gpuNode", "driver", "cuda"],
              problem: `contradicts gpuNode.driver.version: branch ${branch} brings CUDA ${cudaText(brought)}`,
              fix: "Remove it, or write both as nvidia-smi on the node shows them",
            },
          ]
        : [];
    },
  },
];
