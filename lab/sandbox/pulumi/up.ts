import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../../system/errors.ts";
import { run } from "../../../system/processes.ts";
import type { Toolchain } from "../../toolchain/index.ts";
import type { SandboxPaths } from "../base/paths.ts";
import { childEnvironment, sandboxVariables } from "./environment.ts";

export interface UpOptions {
  readonly paths: SandboxPaths;
  readonly toolchain: Toolchain;
  readonly mode: string;
  readonly note: (text: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * `pulumi up` of a mode's stack. The whole output goes into a file; what is shown is the resource under way, and on
 * failure the engine's diagnostics.
 *
 * @throws UserError with the diagnostics.
 */
export async function pulumiUp({ paths, toolchain, mode, note, signal }: UpOptions): Promise<void> {
  await mkdir(paths.logs, { recursive: true });
  const logFile = join(paths.logs, `pulumi-up-${mode}.log`);
  const log = createWriteStream(logFile, { mode: 0o600 });
  const lines: string[] = [];
  const args = ["up", "--yes", "--skip-preview", "--non-interactive", "--stack", mode];
  try {
    await run(join(toolchain.bin, "pulumi"), args, {
      env: { ...childEnvironment(sandboxVariables(paths, toolchain)), TMPDIR: paths.temporary },
      cwd: paths.project,
      onLine: (line: string) => {
        log.write(`${line}\n`);
        lines.push(line);
        const step = describeStep(line);
        if (step !== undefined) note(step);
      },
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new UserError(
      `pulumi up of stack ${mode} failed.\n\n${diagnosticsOf(lines)}\n\nAll of its output: ${logFile}`,
    );
  } finally {
    await new Promise((closed) => log.end(closed));
  }
}

/** ` +  kubernetes:core/v1:Service vllm-api created (0.1s)` → `Service vllm-api created`. */
export function describeStep(line: string): string | undefined {
  const match =
    /^ *[-+~<>@]* +([\w-]+(?::[\w./-]+)+) (\S+) (creating|created|updating|updated|deleting|deleted|replacing|replaced)\b/.exec(
      line,
    );
  const type = match?.[1]?.split(":").at(-1);
  return match === null || type === "Stack" ? undefined : `${type} ${match[2]} ${match[3]}`;
}

/** The engine's own summary of what went wrong; the last lines where it printed none. */
export function diagnosticsOf(lines: readonly string[]): string {
  const start = lines.lastIndexOf("Diagnostics:");
  if (start < 0) return lines.slice(-15).join("\n");
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => /^(Outputs|Resources|Duration|Policies)\b/.test(line));
  return rest
    .slice(0, end < 0 ? undefined : end)
    .join("\n")
    .trim();
}
