/** The folder of the model files: room on its disk, and whose it is. */
import type { Section } from "./answer.ts";
import type { CacheFolder, Known } from "./facts.ts";

/** `df -P -k`: file system, blocks of 1024 bytes, used, available, share, place. */
export function readFreeBytes(section: Section | undefined): Known<number> {
  const last = section?.status === 0 ? section.text.trim().split("\n").at(-1) : undefined;
  const [, available] = /\s\d+\s+\d+\s+(\d{1,15})\s+\d+%\s/.exec(last ?? "") ?? [];
  return available === undefined
    ? { why: "df does not tell the free room" }
    : { value: Number(available) * 1024 };
}

/** `0 0 755 directory`. */
export function readFolder(section: Section | undefined): Known<CacheFolder> {
  if (section !== undefined && /No such file or directory/.test(section.text) && section.status === 1) {
    return { value: { exists: false } };
  }
  const [, uid, gid, mode, kind = ""] =
    /^(\d{1,10}) (\d{1,10}) ([0-7]{3,4}) (.+)$/m.exec(section?.status === 0 ? section.text : "") ?? [];
  return uid === undefined || gid === undefined || mode === undefined
    ? { why: "the folder cannot be looked at" }
    : {
        value: {
          exists: true,
          uid: Number(uid),
          gid: Number(gid),
          mode,
          isDirectory: kind.trim() === "directory",
        },
      };
}
