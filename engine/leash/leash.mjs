// Runs the pulumi that GPU_MODE_PULUMI names, so that it is told to stop exactly once: by Ctrl-C, by gpu-mode, or by
// gpu-mode's end, which closes standard input. Told twice, pulumi ends at once and leaves its lock and its plugins behind.
import { spawn } from "node:child_process";
import { delimiter } from "node:path";
import { fileURLToPath } from "node:url";

/** How long pulumi may take to finish what is under way and to release its lock, in milliseconds. */
const patienceMs = 30_000;

const { GPU_MODE_PULUMI: pulumi = "pulumi", PATH = "", ...env } = process.env;
const own = fileURLToPath(new URL("bin", import.meta.url));
const child = spawn(pulumi, process.argv.slice(2), {
  // What it prints passes through here: written to a reader that is gone, it would end pulumi in the middle.
  stdio: ["ignore", "pipe", "pipe"],
  // A process group of its own, because a terminal's Ctrl-C would tell it a second time.
  detached: true,
  env: {
    ...env,
    PATH: PATH.split(delimiter)
      .filter((folder) => folder !== own)
      .join(delimiter),
  },
});

let patience;
function tell() {
  if (patience === undefined && child.pid !== undefined) {
    child.kill("SIGINT");
    patience = setTimeout(() => process.kill(-Number(child.pid), "SIGKILL"), patienceMs);
  }
}

child.stdout.on("data", (text) => process.stdout.write(text));
child.stderr.on("data", (text) => process.stderr.write(text));
child.on("error", (error) => {
  console.error(error.message);
  process.exit(127);
});
child.on("close", (code) => {
  process.exitCode = code ?? 1;
  process.stdin.destroy();
  clearTimeout(patience);
});
process.stdin.on("end", tell).on("error", tell).resume();
process.stdout.on("error", tell);
process.stderr.on("error", tell);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, tell);
}
