import { delimiter, join } from "node:path";
import { shellQuote } from "../../../system/shell-quote.ts";
import { cacheFolder } from "../../toolchain/base/cache.ts";
import type { Toolchain } from "../../toolchain/index.ts";
import { contextName } from "../base/cluster-config.ts";
import { projectRoot, type SandboxPaths } from "../base/paths.ts";

/** Variables that would lead a command out of the sandbox. */
export const unsetVariables = [
  "PULUMI_ACCESS_TOKEN",
  "PULUMI_CONFIG_PASSPHRASE",
  "PULUMI_STACK",
  "PULUMI_CONFIG",
] as const;

/** The variables by which Pulumi, kubectl and the product find the sandbox, and nothing else. */
export function sandboxVariables(
  paths: SandboxPaths,
  toolchain: Pick<Toolchain, "bin">,
  path: string = process.env.PATH ?? "",
): Record<string, string> {
  const first = [paths.bin, toolchain.bin, join(projectRoot, "node_modules", ".bin")];
  const rest = path.split(delimiter).filter((folder) => folder !== "" && !first.includes(folder));
  return {
    PATH: [...first, ...rest].join(delimiter),
    // As `npm start` has it: the programs that pulumi runs are the same each time.
    NODE_COMPILE_CACHE: join(projectRoot, "node_modules", ".cache", "node"),
    KUBECONFIG: paths.kubeconfig,
    KUBECACHEDIR: paths.kubectlCache,
    VLLM_PLATFORM_KUBECONFIG: paths.kubeconfig,
    VLLM_PLATFORM_CONTEXT: contextName,
    VLLM_PLATFORM_PROJECT: paths.project,
    VLLM_PLATFORM_FILES: paths.files,
    VLLM_PLATFORM_SANDBOX: paths.dir,
    // The shims bring the project up to date, for which they look at the toolchain.
    VLLM_PLATFORM_CACHE: cacheFolder(),
    PULUMI_HOME: paths.pulumiHome,
    PULUMI_BACKEND_URL: `file://${paths.state}`,
    PULUMI_CONFIG_PASSPHRASE_FILE: paths.passphrase,
    PULUMI_OPTION_CWD: paths.project,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // Every plugin is in the toolchain; a missing one is an error, not a download.
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
}

/** A whole environment for a child process: this process's, led into the sandbox. */
export function childEnvironment(variables: Record<string, string>): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !(unsetVariables as readonly string[]).includes(entry[0]),
  );
  return { ...Object.fromEntries(inherited), ...variables };
}

/**
 * Code for `eval` in sh, bash and zsh. PATH is put before the shell's own, once. What reads the stack files itself, such as
 * `npm run render`, reads the tracked ones; the shims lead into the project that is made from them.
 */
export function shellCode(paths: SandboxPaths, toolchain: Pick<Toolchain, "bin">): string {
  const { PATH: first = "", ...variables } = sandboxVariables(paths, toolchain, "");
  const others = { ...variables, VLLM_PLATFORM_PROJECT: paths.files };
  const prefix = shellQuote(first);
  const lines = [
    `case "$PATH" in ${prefix}:*) ;; *) export PATH=${prefix}:"$PATH" ;; esac`,
    ...Object.entries(others).map(([name, value]) => `export ${name}=${shellQuote(value)}`),
    `unset ${unsetVariables.join(" ")}`,
  ];
  return `${lines.join("\n")}\n`;
}
