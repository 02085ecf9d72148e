/** What upstream is known to print where a pod does not come up, from the image's start to the cluster's own texts. */
import type { ContainerName } from "../../../stacks/vocabulary/names.ts";
import { argumentFailures } from "./arguments.ts";
import { clusterFailures } from "./cluster.ts";
import { driverFailures } from "./driver.ts";
import type { KnownFailure } from "./known-failure.ts";
import { memoryFailures } from "./memory.ts";
import { modelFileFailures } from "./model-files.ts";
import { supervisorFailures } from "./supervisor.ts";

/**
 * The first that is found decides: PyTorch may print CUDA's own reason as a warning, and then only that it sees no card; a
 * download that was first slowed down may still have succeeded before the memory ran out.
 */
export const knownFailures: readonly KnownFailure[] = [
  ...driverFailures,
  ...memoryFailures,
  ...argumentFailures,
  ...modelFileFailures,
  // The engine may have said before it why it died.
  ...supervisorFailures,
  ...clusterFailures,
];

/** A failure as it was recognised: with the line that shows it, and the values in it. */
export interface Recognised extends Pick<KnownFailure, "meaning" | "fix"> {
  line: string;
}

/**
 * The known failure that a text shows, if any.
 * @param container the one that printed it; absent where it is the cluster's text.
 */
export function recogniseFailure(text: string, container?: ContainerName): Recognised | undefined {
  const lines = text.split("\n");
  for (const { pattern, meaning, fix, of } of knownFailures) {
    if (of !== undefined && of !== container) {
      continue;
    }
    for (const line of lines) {
      const match = pattern.exec(line);
      if (match !== null) {
        return { meaning, fix: withValues(fix, match), line: line.trim() };
      }
    }
  }
  return undefined;
}

/** A fix with the values that upstream named. */
function withValues(fix: string, match: RegExpExecArray): string {
  return fix.replace(/\$(\d)/g, (_sign, group: string) => match[Number(group)] ?? "");
}
