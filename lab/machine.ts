import { cpus, totalmem } from "node:os";

/** What a figure was measured on. */
export interface Machine {
  processor: string;
  cores: number;
  memoryGiB: number;
  node: string;
}

export function thisMachine(): Machine {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    node: process.version,
  };
}

export function machineText({ processor, cores, memoryGiB, node }: Machine): string {
  return `${cores} cores (${processor}), ${memoryGiB} GiB, Node.js ${node}`;
}
