// One sandbox for short test files that run in one process, one after the other: to start one is a quarter of such a file's work.
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { copyStackFiles, startedSandbox } from "./sandbox.ts";

let shared: Promise<Sandbox> | undefined;

/**
 * The process's sandbox, which goes at its end. The stack files are as they are tracked; in the cluster there may be what the file before
 * has left, so who takes it begins with an up, and leaves nothing but a mode.
 */
export async function sharedSandbox(): Promise<Sandbox> {
  shared ??= startedSandbox();
  const sandbox = await shared;
  await copyStackFiles(sandbox);
  return sandbox;
}

// Of all files together, as it stands in none of their suites.
after(async () => {
  await shared?.then(
    (sandbox) => sandbox.remove(),
    () => {}, // whoever asked for it has failed with the reason
  );
});
