import { arch, availableParallelism, cpus, release, totalmem, type } from "node:os";

/** What numbers of this machine have to be read with. */
export interface Machine {
  readonly cpu: string;
  /** Processors that this process may use. */
  readonly cores: number;
  readonly memoryGB: number;
  readonly system: string;
  readonly node: string;
}

export function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() || arch(),
    cores: availableParallelism(),
    memoryGB: Math.round(totalmem() / 1e8) / 10,
    system: `${type()} ${release()} ${arch()}`,
    node: process.version,
  };
}
