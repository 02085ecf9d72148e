import { spawn } from "node:child_process";

/**
 * Starts a Node.js program that outlives this one, and waits until it sends its first message.
 * @param log descriptor of the file for all that it prints
 * @returns whether it sent one; false where it ended before.
 */
export async function startInBackground(
  program: string,
  argument: string,
  { folder, log }: { readonly folder: string; readonly log: number },
): Promise<boolean> {
  const child = spawn(process.execPath, [program, argument], {
    detached: true,
    cwd: folder,
    stdio: ["ignore", log, log, "ipc"],
    // Test runners and debuggers hand options to every Node process; this one outlives them.
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  const ready = await new Promise<boolean>((resolve) => {
    child.once("message", () => resolve(true));
    child.once("exit", () => resolve(false));
    child.once("error", () => resolve(false));
  });
  child.unref();
  if (child.connected) child.disconnect();
  return ready;
}
