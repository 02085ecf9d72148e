/** How a check refuses an update: its words, and how it is overruled. Pure. */
import { RefusedError } from "../../system/errors.ts";
import type { Finding } from "./finding.ts";

/** Set to anything, it declares a mode although it cannot work now: `gpu-mode <mode> --force` sets it. */
export const forceVariable = "VLLM_PLATFORM_FORCE";

/** Who was asked, and cannot serve the mode. */
export type Refusing = "GPU node" | "cluster";

/** All faults in one error, each with its fix. */
export function refusal(who: Refusing, mode: string, faults: readonly Finding[]): RefusedError {
  return new RefusedError(
    `The ${who} cannot serve mode ${mode}; nothing was changed:`,
    faults.map(({ item, found, fix = "Nothing is known that fixes it" }) => ({
      where: item,
      problem: found,
      fix,
    })),
    `Run the same command again once that is fixed. To declare the mode all the same: gpu-mode ${mode} --force (or ${forceVariable}=1 before pulumi up).`,
  );
}
