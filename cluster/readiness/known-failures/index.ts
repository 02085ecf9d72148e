/** What is known to be said where a pod does not come up: printed by its containers, or told by the cluster. */
import type { ContainerName } from "../../../stacks/vocabulary/names.ts";
import { argumentFailures } from "./arguments.ts";
import { clusterFailures } from "./cluster.ts";
import { driverFailures } from "./driver.ts";
import type { KnownFailure } from "./known-failure.ts";
import { memoryFailures } from "./memory.ts";
import { modelFileFailures } from "./model-files.ts";
import { supervisorFailures } from "./supervisor.ts";

/**
 * In a container's log. The first that is found decides: PyTorch may print CUDA's own reason as a warning, and then only that it sees
 * no card; a download that was first slowed down may still have succeeded before the memory ran out.
 */
export const printedFailures: readonly KnownFailure[] = [
  ...driverFailures,
  ...memoryFailures,
  ...argumentFailures,
  ...modelFileFailures,
  // The engine may have said before it why it died.
  ...supervisorFailures,
];

/**
 * In what the cluster tells of a pod: with the words of its container runtime, and with those that the supervisor left as the reason of
 * an end. Disk, registry and permissions are other ones there than those of a model's files.
 */
export const toldFailures: readonly KnownFailure[] = [
  ...driverFailures,
  ...supervisorFailures,
  ...clusterFailures,
];

/** A failure as it was recognised: with the line that shows it, and the values in it. */
export interface Recognised extends Pick<KnownFailure, "meaning" | "fix"> {
  line: string;
}

/** The known failure that a container's log shows, if any. */
export function recognisePrinted(log: string, container: ContainerName): Recognised | undefined {
  return recognise(log, printedFailures, container);
}

/**
 * The known failure that the cluster's words show, if any.
 * @param container the one that they are about; absent where they are about the whole pod.
 */
export function recogniseTold(text: string, container?: ContainerName): Recognised | undefined {
  return recognise(text, toldFailures, container);
}

function recognise(
  text: string,
  failures: readonly KnownFailure[],
  container: ContainerName | undefined,
): Recognised | undefined {
  const lines = text.split("\n");
  for (const { pattern, meaning, fix, of } of failures) {
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
