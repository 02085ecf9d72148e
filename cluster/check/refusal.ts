/** How the check of the GPU node refuses an update: its words, how they are found again, and how it is overruled. Pure. */
import type { Finding } from "./finding.ts";
import { findingLine } from "./verdict.ts";

/** Set to anything, it declares a mode although the GPU node cannot serve it: `gpu-mode <mode> --force` sets it. */
export const forceVariable = "VLLM_PLATFORM_FORCE";

/** All faults in one message, each with its mend. */
export function refusalText(mode: string, faults: readonly Finding[]): string {
  return [
    `The GPU node cannot serve mode ${mode}; nothing was changed:`,
    ...faults.map((fault) => `  ${findingLine(fault)}`),
    `Run the same command again once that is mended. To declare the mode all the same: gpu-mode ${mode} --force (or ${forceVariable}=1 before pulumi up).`,
  ].join("\n");
}

/** The refusal within what an engine reported; undefined where there is none. */
export function refusalIn(text: string): string | undefined {
  return /^The GPU node cannot serve mode [\s\S]*?before pulumi up\)\.$/m.exec(text)?.[0];
}
