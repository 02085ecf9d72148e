// Runs the pulumi that GPU_MODE_PULUMI names, so that it is told to stop exactly once: by Ctrl-C, by gpu-mode, or by
// gpu-mode's end, which closes standard input. Told twice, pulumi ends at once and leaves its lock behind. It is in a
// process group of its own, because a terminal's Ctrl-C would reach it a second time.
import { spawn } from "node:child_process";
import { delimiter } from "node:path";
import { fileURLToPath } from "node:url";

/** How long pulumi may take to finish what is under way and to release its lock, in milliseconds. */
const patienceMs = 30_000;

const { GPU_MODE_PULUMI: pulumi = "pulumi", GPU_MODE_NODE: _, PATH = "", ...env } = process.env;
const own = fileURLToPath(new URL("bin", import.meta.url));
const child = spawn(pulumi, process.argv.slice(2), {
  stdio: ["ignore", "inherit", "inherit"],
  detached: true,
  env: {
    ...env,
    PATH: PATH.split(delimiter)
      .filter((folder) => folder !== own)
      .join(delimiter),
  },
});

let told = false;
function tell() {
  if (!told && child.pid !== undefined) {
    told = true;
    child.kill("SIGINT");
    setTimeout(() => process.kill(-Number(child.pid), "SIGKILL"), patienceMs);
  }
}

child.on("error", (error) => {
  console.error(error.message);
  process.exit(127);
});
child.on("exit", (code) => process.exit(code ?? 1));
process.stdin.on("end", tell).on("error", tell).resume();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, tell);
}
// With gpu-mode gone, nobody reads what pulumi prints, and this process must live to stop it.
process.stdout.on("error", tell);
process.stderr.on("error", tell);
