import { marks, type SectionName, sectionNames } from "../../cluster/gpu-node/facts/program.ts";
import {
  boltctlList,
  type CardState,
  idleCard,
  k3sContainerd,
  lspciLine,
  moduleVersion,
  smiCapability,
  smiGpus,
  smiReserved,
  smiTable,
  toolkitConfig,
  toolkitVersion,
} from "./node-outputs.ts";

/** What one tool printed, and its exit status. */
export interface Said {
  readonly text: string;
  readonly status?: number;
}

/** What the tools of the reference setup's node print, as the program's sections. */
export function healthySections(card: CardState = idleCard): Record<SectionName, Said> {
  return {
    thunderbolt: { text: "" },
    boltctl: { text: boltctlList("authorized") },
    pci: { text: "0000:2f:00.0\t0x030000\t0x2504\t4\t16\t8.0 GT/s PCIe\t16.0 GT/s PCIe\t\n" },
    lspci: { text: lspciLine },
    module: { text: moduleVersion(card.driver) },
    persistenced: { text: "/run/nvidia-persistenced/socket\n", status: 2 },
    "kernel-log": { text: "345\n" },
    toolkit: { text: toolkitVersion },
    "toolkit-config": { text: toolkitConfig },
    containerd: { text: k3sContainerd },
    disk: {
      text: "Filesystem     1024-blocks     Used Available Capacity Mounted on\n/dev/nvme0n1p2   244506940 98000000 134012345      43% /\n",
    },
    folder: { text: "0 0 755 directory\n" },
    "smi-gpus": { text: smiGpus(card) },
    "smi-capability": smiCapability(card),
    "smi-reserved": smiReserved(card),
    "smi-processes": {
      text: card.computing.map(([pid, name, used]) => `${pid},pod, ${used}, ${name}\n`).join(""),
    },
    "smi-table": { text: smiTable(card) },
  };
}

/** The program's answer. */
export function answerOf(sections: Partial<Record<SectionName, Said>>): Buffer {
  const lines = sectionNames.flatMap((name) => {
    const said = sections[name];
    return said === undefined
      ? []
      : [`> ${name}`, `= ${name} ${Buffer.from(`${said.text}\n${said.status ?? 0}`).toString("base64")}`];
  });
  return Buffer.from(`${[marks.begin, ...lines, marks.end].join("\n")}\n`);
}
