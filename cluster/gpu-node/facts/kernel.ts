/** What the kernel says of the driver: the module that is loaded, and errors of the card since the start. */
import { oneLine } from "../../../system/terminal/foreign-text.ts";
import type { Section } from "./answer.ts";
import type { Known, StartFault } from "./facts.ts";

/** `/proc/driver/nvidia/version`, of the closed and of the open module. */
export function readModule(section: Section | undefined): Known<string> {
  const [, version] =
    /^NVRM version:.*?Kernel Module(?: for \S+)?\s+(\d+\.\d+(?:\.\d+)?)\b/m.exec(section?.text ?? "") ?? [];
  return version === undefined
    ? { why: "no NVIDIA kernel module is loaded, or it does not tell its version" }
    : { value: version };
}

/** How many lines the log has, then those about Xid errors. One line: it may not be read. */
export function readXid(section: Section | undefined): Known<string[]> {
  const [count = "", ...lines] = section?.text.split("\n") ?? [];
  return /^\s*\d+\s*$/.test(count) && Number(count) > 1
    ? { value: lines.filter((line) => line.includes("NVRM: Xid")).map(oneLine) }
    : { why: "this user may not read the kernel log (group `adm` or `systemd-journal` may)" };
}

/** What the driver said last where it could not take the card over; undefined where it said nothing, or the log may not be read. */
export function readStartFault(section: Section | undefined): StartFault | undefined {
  for (const line of (section?.text.split("\n") ?? []).toReversed()) {
    const kind = /NVRM: BAR0 is 0M/.test(line)
      ? "no-window"
      : /NVRM: .*RmInitAdapter failed/.test(line)
        ? "not-initialised"
        : undefined;
    if (kind !== undefined) {
      return { kind, line: oneLine(line) };
    }
  }
  return undefined;
}

/** Paths of the daemon's socket, where there is one. */
export function readPersistenceDaemon(section: Section | undefined): Known<boolean> {
  return section === undefined || section.status > 2
    ? { why: "nothing is told of nvidia-persistenced" }
    : { value: section.text.includes("nvidia-persistenced/socket") };
}
