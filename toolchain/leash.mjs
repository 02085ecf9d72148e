// Runs a command that must not outlive who started it. While standard input stays open the command runs; when it
// closes (its owner ended, however that happened) the command is asked to stop, and its whole process group is ended
// as soon as it has, or when its patience is over. This process is the leader of that group.
import { spawn } from "node:child_process";

const patienceMs = 10_000;
const [command, ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"] });
let lettingGo = false;

child.on("error", (error) => {
  console.error(error.message);
  process.exit(127);
});
child.on("exit", (code, signal) => {
  if (lettingGo) {
    // What it started may still run: a compiler of `go build`, for one.
    endGroup();
  }
  process.exit(code ?? (signal === "SIGINT" ? 130 : 143));
});

function letGo() {
  if (!lettingGo) {
    lettingGo = true;
    child.kill("SIGINT");
    setTimeout(endGroup, patienceMs);
  }
}

function endGroup() {
  process.kill(-process.pid, "SIGKILL");
}

process.stdin.on("end", letGo).on("error", letGo).resume();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, letGo);
}
