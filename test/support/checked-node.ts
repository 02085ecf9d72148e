// A mode of a sandbox whose GPU node is an SSH server of the tests.
import assert from "node:assert/strict";
import { projectRoot } from "../../lab/sandbox/base/paths.ts";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { readModeFiles } from "../../stacks/files/index.ts";
import { outputOf } from "../../system/processes.ts";
import type { SshServer } from "./ssh-server.ts";
import { refusedUp } from "./whole-mode.ts";

/** Settings by which the server is the mode's node. */
export function nodeSettings(
  server: SshServer,
  mode: string,
  more: Record<string, string> = {},
): Record<string, unknown> {
  const { port, user, hostKeys } = server;
  return {
    ...(readModeFiles(projectRoot, mode).values.gpuNode as object),
    ssh: { host: "127.0.0.1", port, user, hostKey: hostKeys.public, ...more },
  };
}

/** Sets the key for the server as a Pulumi secret of the mode. */
export async function setKey(sandbox: Sandbox, server: SshServer, mode: string): Promise<void> {
  const words = ["config", "set", "--secret", "vllm-platform:sshKey", "-s", mode, "--non-interactive"];
  await outputOf("pulumi", words, { env: sandbox.environment(), input: server.userKeys.private });
}

/** A line of the private key that stands nowhere else. */
export const keyLine = (server: SshServer): string =>
  server.userKeys.private.split("\n")[2] ?? assert.fail("a key of one line");

/** Runs a plain up, which must be refused for the node with all this and change nothing. */
export async function isRefused(sandbox: Sandbox, mode: string, says: readonly RegExp[]): Promise<void> {
  const output = await refusedUp(sandbox, mode);
  for (const said of says) assert.match(output, said);
  assert.match(output, new RegExp(`The GPU node cannot serve mode ${mode}; nothing was changed:`));
  assert.doesNotMatch(output, /\bat .*\.ts:\d+/, "a stack trace");
}
