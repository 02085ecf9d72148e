// Runs a command that must not outlive who started it. While standard input stays open the command runs; when it
// closes (its owner ended, however that happened) the command is asked to stop, and soon after its whole process group
// is ended. This process is the leader of that group.
import { spawn } from "node:child_process";

const patienceMs = 10_000;
const [command, ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"] });

child.on("error", (error) => {
  console.error(error.message);
  process.exit(127);
});
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));

function letGo() {
  child.kill("SIGINT");
  setTimeout(() => process.kill(-process.pid, "SIGKILL"), patienceMs);
}
process.stdin.on("end", letGo).on("error", letGo).resume();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, letGo);
}
