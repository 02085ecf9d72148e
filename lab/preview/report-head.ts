/** What a report's first line says of the working tree. */
import { git } from "./side.ts";

/** The commit, in short, with `+ uncommitted` behind it where there is more. */
export async function headOf(clone: string): Promise<string> {
  const [commit, status] = await Promise.all([
    git(clone, "rev-parse", "--short", "HEAD"),
    git(clone, "status", "--porcelain"),
  ]);
  return `${commit}${status === "" ? "" : " + uncommitted"}`;
}

export const now = (): string => `${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`;
