/** From the node's answer to facts. */
import type { NodeAnswer } from "./answer.ts";
import { readContainerdRuntime, readToolkit, readToolkitMode } from "./containers.ts";
import type { NodeFacts } from "./facts.ts";
import { readFolder, readFreeBytes } from "./folder.ts";
import { readModule, readPersistenceDaemon, readStartFault, readXid } from "./kernel.ts";
import { readCapability, readCuda, readGpus, readProcesses, readReserved } from "./nvidia-smi.ts";
import { readCards } from "./pci.ts";
import { readEnclosures } from "./thunderbolt.ts";

/** Never throws: what cannot be read is unknown, with the reason. */
export function factsOf({ sections }: NodeAnswer): NodeFacts {
  return {
    enclosures: readEnclosures(sections.boltctl, sections.thunderbolt),
    cards: readCards(sections.pci, sections.lspci),
    smi: readGpus(sections["smi-gpus"]),
    cuda: readCuda(sections["smi-table"]),
    capability: readCapability(sections["smi-capability"]),
    reserved: readReserved(sections["smi-reserved"]),
    processes: readProcesses(sections["smi-processes"], sections["smi-table"]),
    module: readModule(sections.module),
    persistenceDaemon: readPersistenceDaemon(sections.persistenced),
    xid: readXid(sections["kernel-log"]),
    startFault: readStartFault(sections["kernel-log"]),
    toolkit: readToolkit(sections.toolkit),
    toolkitMode: readToolkitMode(sections["toolkit-config"]),
    containerdRuntime: readContainerdRuntime(sections.containerd),
    freeBytes: readFreeBytes(sections.disk),
    cacheFolder: readFolder(sections.folder),
  };
}
