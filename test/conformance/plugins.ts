/** Which executables the tables are played against. */
import { delimiter } from "node:path";

const overrides = {
  "pulumi-resource-command": "VLLM_PLATFORM_CONFORMANCE_COMMAND",
  "pulumi-resource-random": "VLLM_PLATFORM_CONFORMANCE_RANDOM",
} as const;

/**
 * The plugin that the toolchain has, official or stand-in; none before the toolchain is there. The environment variables
 * VLLM_PLATFORM_CONFORMANCE_COMMAND and VLLM_PLATFORM_CONFORMANCE_RANDOM name others: paths, separated as in PATH.
 */
export async function pluginsUnderTest(part: keyof typeof overrides): Promise<string[]> {
  const named = process.env[overrides[part]];
  if (named) return named.split(delimiter);
  const { findToolchain } = await import("../../lab/toolchain/index.ts");
  const toolchain = findToolchain([part]);
  return toolchain ? [toolchain.path(part)] : [];
}
