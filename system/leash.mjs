// Runs a command that must not outlive who started it, and tells it to stop exactly once. While standard input stays open the
// command runs; when it closes (its owner let go, or ended, however that happened) the command gets SIGINT, and its whole
// process group ends as soon as it has, or when its patience is over. `leash.mjs <patience in seconds> <command> [arguments]`
import { spawn } from "node:child_process";
import { constants } from "node:os";

const [patience = "", command = "", ...args] = process.argv.slice(2);
const child = spawn(command, args, {
  // What it prints passes through here: written to a reader that is gone, it would end the command in the middle.
  stdio: ["ignore", "pipe", "pipe"],
  // A process group of its own, because a terminal's Ctrl-C would tell it a second time.
  detached: true,
});
/** @type {NodeJS.Timeout | undefined} */
let lettingGo;

function endGroup() {
  try {
    process.kill(-Number(child.pid), "SIGKILL");
  } catch {
    // nothing of it is left
  }
}

function letGo() {
  if (lettingGo === undefined && child.pid !== undefined) {
    child.kill("SIGINT");
    lettingGo = setTimeout(endGroup, Number(patience) * 1000);
  }
}

child.stdout.on("data", (text) => process.stdout.write(text));
child.stderr.on("data", (text) => process.stderr.write(text));
child.on("error", (error) => {
  console.error(error.message);
  process.exit(127);
});
child.on("exit", () => {
  if (lettingGo !== undefined) {
    // What it started may still run: a compiler of `go build`, for one.
    endGroup();
  }
});
child.on("close", (code, signal) => {
  process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  process.stdin.destroy();
  clearTimeout(lettingGo);
});
process.stdin.on("end", letGo).on("error", letGo).resume();
process.stdout.on("error", letGo);
process.stderr.on("error", letGo);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, letGo);
}
