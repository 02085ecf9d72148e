/** The folder of the model files on the node. Pure. */
import type { Finding } from "../../findings/finding.ts";
import type { NodeFacts } from "../facts/facts.ts";
import type { NodeSubject } from "./subject.ts";

/** Room that a download takes beside the weights: tokenizer, configuration, and what is being written. */
const besideWeights = 1024 ** 3;

/** Nothing where the files lie in a volume. */
export function judgeFolder(subject: NodeSubject, facts: NodeFacts): Finding[] {
  const { cacheFolder: path } = subject;
  return path === undefined ? [] : [judgeRoom(subject, path, facts), judgeOwner(subject, path, facts)];
}

function judgeRoom({ serves, weightBytes }: NodeSubject, path: string, { freeBytes }: NodeFacts): Finding {
  const item = "cache disk";
  if (freeBytes.value === undefined) {
    return { item, state: "unknown", found: freeBytes.why };
  }
  const found = `${gigabytes(freeBytes.value)} free for ${path}`;
  return serves && freeBytes.value < weightBytes + besideWeights
    ? {
        item,
        state: "warning",
        found: `${found}, and the model has ${gigabytes(weightBytes)}: too little, unless its files are there already`,
        fix: `Remove models that are no longer used: \`sudo du -sh ${path}/hub/*\` shows them`,
      }
    : { item, state: "ok", found };
}

function judgeOwner({ user }: NodeSubject, path: string, { cacheFolder }: NodeFacts): Finding {
  const item = "cache folder";
  const folder = cacheFolder.value;
  if (folder === undefined) {
    return { item, state: "unknown", found: cacheFolder.why ?? "" };
  }
  const make = `Run \`sudo install -d -o ${user} ${path}\` on the node`;
  if (!folder.exists) {
    return user === 0
      ? { item, state: "ok", found: `${path} is not there yet; the kubelet makes it` }
      : {
          item,
          state: "fault",
          found: `${path} is not there, and the kubelet would make it for root, while the server runs as user ${user}`,
          fix: make,
        };
  }
  if (folder.isDirectory === false) {
    return { item, state: "fault", found: `${path} is no folder`, fix: `Move it away. ${make}` };
  }
  const permissions = Number.parseInt(folder.mode ?? "0", 8);
  const writable = (folder.uid === user && (permissions & 0o200) !== 0) || (permissions & 0o002) !== 0;
  const found = `${path} belongs to user ${folder.uid}, mode ${folder.mode}`;
  return writable
    ? { item, state: "ok", found }
    : {
        item,
        state: "fault",
        found: `${found}, and the server runs as user ${user} without the right to write there`,
        fix: `Run \`sudo chown -R ${user} ${path}\` on the node, or set security.runAsUser to ${folder.uid}`,
      };
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
