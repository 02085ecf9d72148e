import { readdirSync, readFileSync } from "node:fs";
import { sandboxPaths } from "../../lab/sandbox/base/paths.ts";
import type { Sandbox } from "../../lab/sandbox/index.ts";

/** What works on a sandbox and is no part of it: gpu-mode, pulumi, and the programs that these start. As command lines. */
export function programsOf(sandbox: Sandbox): string[] {
  const variable = `PULUMI_HOME=${sandboxPaths(sandbox.dir).pulumiHome}`;
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const words = (file: string): string[] => readFileSync(`/proc/${pid}/${file}`, "utf8").split("\0");
        const command = words("cmdline").join(" ").trim();
        return words("environ").includes(variable) && works.test(command) ? [command] : [];
      } catch {
        return []; // it has ended, or is another user's
      }
    });
}

const works = /gpu-mode|pulumi|await-served|main\.mjs/;
