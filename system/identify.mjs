// What tells one process from another. Plain JavaScript, because the bootstrap needs it on any Node.js from 20.19.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Linux counts a process's start in hundredths of a second on every architecture that Node.js supports. */
const ticksPerSecond = 100;

/**
 * What tells a process from a later one with the same id: the time it was started. Undefined for a process that has
 * ended, also while it is a zombie: whoever should have taken note of its end may be slow, or never do it.
 *
 * @param {number} pid
 * @returns {string | undefined}
 */
export function identify(pid) {
  if (process.platform === "linux") {
    return startTicks(pid);
  }
  const started = startedByPs(pid);
  // Where there is no ps (Windows), an id is all there is to go by.
  return started === "no ps" ? (isKnown(pid) ? "running" : undefined) : started;
}

/**
 * When a process was started, in milliseconds since 1970, exact to some hundredths of a second (without /proc: to a
 * second). Undefined where `identify` is, and where nothing tells.
 *
 * @param {number} pid
 * @returns {number | undefined}
 */
export function startedAt(pid) {
  if (process.platform === "linux") {
    const ticks = startTicks(pid);
    const upSeconds = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
    return ticks === undefined
      ? undefined
      : Date.now() - upSeconds * 1000 + (Number(ticks) / ticksPerSecond) * 1000;
  }
  const started = new Date(`${startedByPs(pid)} UTC`).getTime();
  return Number.isNaN(started) ? undefined : started;
}

/** @param {number} pid */
function startTicks(pid) {
  try {
    // After the name in parentheses: field 3 is the state, field 22 the start in clock ticks since boot.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** @param {number} pid */
function startedByPs(pid) {
  // One spelling of the time, whatever this process's language and time zone are.
  const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
  const answer = spawnSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], { encoding: "utf8", env });
  if (answer.error !== undefined) {
    return "no ps";
  }
  const text = answer.stdout.trim();
  return text === "" || text.startsWith("Z") ? undefined : text.replace(/^\S+\s+/, "");
}

/** @param {number} pid */
function isKnown(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
  }
}
