/** The node's disks, made full as its parts see them: no byte of this machine's own is taken. */
import { readFile } from "node:fs/promises";
import { outputOf } from "../../system/processes.ts";
import { firstProcessFile } from "./spec.ts";

/** Where pods find the folder of the models. */
const models = "/var/lib/vllm/huggingface";

/** Runs a script of the shell where the node's own mounts are seen, in the node's folder. */
async function onNode(folder: string, script: string): Promise<void> {
  const first = (await readFile(firstProcessFile(folder), "utf8")).trim();
  await outputOf("nsenter", [`--mount=/proc/${first}/ns/mnt`, "sh", "-ec", script, "sh", folder]);
}

/** Puts a disk of 1 MiB in the place of the models' folder, with what that holds now. */
export const shrinkModels = (folder: string): Promise<void> =>
  onNode(
    folder,
    `mount -t tmpfs -o size=1m tmpfs ${models}; find "$1/models" -maxdepth 1 -type f -exec cp {} ${models} ";"`,
  );

export const restoreModels = (folder: string): Promise<void> => onNode(folder, `umount ${models}`);

/** The file by which the disk of the kubelet is filled. */
const filler = '"$1/kubelet/filler"';

/** Leaves 5 % of the kubelet's disk: it is made as small as what is on it. */
export const fillNode = (folder: string): Promise<void> =>
  onNode(
    folder,
    `head -c 64M /dev/zero > ${filler}
     used=$(df -k --output=used "$1/kubelet" | tail -n 1)
     mount -o remount,size=$((used * 100 / 95))k "$1/kubelet"`,
  );

/** @see nodeDiskSize */
export const emptyNode = (folder: string): Promise<void> =>
  onNode(folder, `mount -o remount,size=${nodeDiskSize} "$1/kubelet"; rm -f ${filler}`);

/** Of the kubelet's own disk. It lies in memory, so this is no more than what pods may ask for. */
export const nodeDiskSize = "64g";
