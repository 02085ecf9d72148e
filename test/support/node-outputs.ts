// What tools print on a GPU node, in the forms of their versions. Written after NVIDIA's and bolt's own output, with the reference setup's values.

export interface CardState {
  readonly driver: string;
  readonly cuda: string;
  readonly usedMiB: number;
  readonly persistence: boolean;
  /** Drawing processes: process id, name, MiB. */
  readonly drawing: readonly (readonly [pid: number, name: string, usedMiB: number])[];
  /** Computing processes: process id, name, MiB. */
  readonly computing: readonly (readonly [pid: number, name: string, usedMiB: number])[];
}

/** The reference setup's card with an empty desk. */
export const idleCard: CardState = {
  driver: "535.274.02",
  cuda: "12.2",
  usedMiB: 3,
  persistence: true,
  drawing: [],
  computing: [],
};

const onOff = (on: boolean): string => (on ? "On" : "Off");

/** The table that `nvidia-smi` prints without arguments: 79 columns up to 525, 91 in 535, 93 since 545. */
export function smiTable({ driver, cuda, usedMiB, persistence, drawing, computing }: CardState): string {
  const branch = Number(driver.split(".")[0]);
  const width = branch < 530 ? 77 : branch < 545 ? 87 : 89;
  const line = (text: string): string => `|${text.padEnd(width)}|`;
  const rule = `+${"-".repeat(width)}+`;
  const processes = [
    ...drawing.map(([pid, name, used]) => ({ pid, kind: "G", name, used })),
    ...computing.map(([pid, name, used]) => ({ pid, kind: "C", name, used })),
  ];
  return [
    "Tue Nov 24 12:00:00 2026       ",
    rule,
    line(` NVIDIA-SMI ${driver.padEnd(22)} Driver Version: ${driver.padEnd(14)} CUDA Version: ${cuda}`),
    line("-".repeat(width)),
    line(` GPU  Name                 Persistence-M | Bus-Id        Disp.A | Volatile Uncorr. ECC `),
    line(
      `   0  NVIDIA GeForce RTX 3060        ${onOff(persistence)}  | 00000000:2F:00.0 Off |                  N/A `,
    ),
    line(`  0%   37C    P8              16W / 170W |   ${usedMiB}MiB / 12288MiB |      0%      Default `),
    rule,
    "",
    rule,
    line(" Processes:"),
    line("  GPU   GI   CI        PID   Type   Process name                            GPU Memory "),
    line("=".repeat(width)),
    ...(processes.length === 0
      ? [line("  No running processes found")]
      : processes.map(({ pid, kind, name, used }) => {
          const start = `    0   N/A  N/A   ${String(pid).padStart(7)}${kind.padStart(7)}   ${name}`;
          const end = `${used}MiB `;
          return line(`${start.padEnd(width - end.length)}${end}`);
        })),
    rule,
    "",
  ].join("\n");
}

/** The answer to `--query-gpu=name,driver_version,memory.total,memory.used,persistence_mode,pci.bus_id`. */
export function smiGpus({ driver, usedMiB, persistence }: CardState): string {
  return `NVIDIA GeForce RTX 3060, ${driver}, 12288, ${usedMiB}, ${persistence ? "Enabled" : "Disabled"}, 00000000:2F:00.0\n`;
}

/** The answer to `--query-gpu=compute_cap`, which drivers before 495 do not know. */
export function smiCapability({ driver }: CardState): { status: number; text: string } {
  return Number(driver.split(".")[0]) < 495
    ? { status: 2, text: 'Field "compute_cap" is not a valid field to query.\n\n' }
    : { status: 0, text: "8.6\n" };
}

/** The answer to `--query-gpu=memory.reserved`, which drivers before 510 do not know; of the reference setup's card. */
export function smiReserved({ driver }: CardState): { status: number; text: string } {
  return Number(driver.split(".")[0]) < 510
    ? { status: 2, text: 'Field "memory.reserved" is not a valid field to query.\n\n' }
    : { status: 0, text: "246\n" };
}

/** The answer to `--query-compute-apps=pid,used_memory,process_name`. */
export function smiComputing({ computing }: CardState): string {
  return computing.map(([pid, name, used]) => `${pid}, ${used}, ${name}\n`).join("");
}

/** A program in place of `nvidia-smi`, for sh. */
export function smiScript(card: CardState): string {
  const capability = smiCapability(card);
  const reserved = smiReserved(card);
  return [
    'case "$*" in',
    `*query-gpu=name*) cat <<'END'\n${smiGpus(card)}END\n;;`,
    `*query-gpu=compute_cap*) cat <<'END'\n${capability.text}END\nexit ${capability.status} ;;`,
    `*query-gpu=memory.reserved*) cat <<'END'\n${reserved.text}END\nexit ${reserved.status} ;;`,
    `*query-compute-apps*) cat <<'END'\n${smiComputing(card)}END\n;;`,
    `*) cat <<'END'\n${smiTable(card)}END\n;;`,
    "esac",
  ].join("\n");
}

/** What `nvidia-smi` prints in place of all that, and its exit status. */
export const smiFailures = {
  mismatch: {
    status: 18,
    text: "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 535.288\n",
  },
  noDriver: {
    status: 9,
    text: "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.\n\n",
  },
  noDevice: { status: 6, text: "No devices were found\n" },
  lost: {
    status: 15,
    text: "Unable to determine the device handle for GPU 0000:2F:00.0: GPU is lost.  Reboot the system to recover this GPU\n\n",
  },
} as const;

/** What the kernel log says of a card that the driver cannot take over. */
export const startFaults = {
  noWindow: "[    5.015146] NVRM: BAR0 is 0M @ 0x0 (PCI:0000:2f:00.0)",
  notInitialised: "[   12.345678] NVRM: GPU 0000:2f:00.0: RmInitAdapter failed! (0x24:0x72:1447)",
} as const;

/** `boltctl list` of bolt 0.9. */
export function boltctlList(status: "authorized" | "connected" | "disconnected"): string {
  const dot = status === "disconnected" ? "○" : "●";
  const link =
    status === "disconnected"
      ? []
      : [
          "   │  ├─ domain:     c1010000-0082-8c0e-8381-1d2a5a1f8b22",
          "   │  ├─ rx speed:   40 Gb/s = 2 lanes * 20 Gb/s",
        ];
  return [
    ` ${dot} Razer Core X`,
    "   ├─ type:          peripheral",
    "   ├─ name:          Core X",
    "   ├─ vendor:        Razer",
    `   ├─ uuid:          ${enclosureId}`,
    "   ├─ generation:    Thunderbolt 3",
    `   ├─ status:        ${status}`,
    ...link,
    "   │  └─ authflags:  none",
    "   └─ stored:        Mon Jan 12 10:16:00 2026",
    "      ├─ policy:     iommu",
    "      └─ key:        no",
    "",
    "",
  ].join("\n");
}

export const enclosureId = "c4010000-0080-7f18-23d5-ddf0aa50b026";

/** `/proc/driver/nvidia/version`. */
export function moduleVersion(version: string): string {
  const open = Number(version.split(".")[0]) >= 560;
  return `NVRM version: NVIDIA UNIX ${open ? "Open Kernel Module for x86_64" : "x86_64 Kernel Module"}  ${version}  Wed Sep 10 10:00:00 UTC 2025\nGCC version:  gcc version 11.4.0 (Ubuntu 11.4.0-1ubuntu1~22.04.2)\n`;
}

export const lspciLine =
  "0000:2f:00.0 VGA compatible controller [0300]: NVIDIA Corporation GA106 [GeForce RTX 3060 Lite Hash Rate] [10de:2504] (rev a1)\n0000:2f:00.1 Audio device [0403]: NVIDIA Corporation GA106 High Definition Audio Controller [10de:228e] (rev a1)\n";

export const toolkitVersion =
  "NVIDIA Container Toolkit CLI version 1.18.1\ncommit: efe99418ef87500dbe059cadc9ab418b2815b9d5\n";

export const k3sContainerd = `version = 3
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.'nvidia']
  runtime_type = "io.containerd.runc.v2"
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.'nvidia'.options]
  BinaryName = "/usr/bin/nvidia-container-runtime"
`;

export const toolkitConfig = `#accept-nvidia-visible-devices-as-volume-mounts = false
[nvidia-container-cli]
environment = []
[nvidia-container-runtime]
mode = "legacy"
runtimes = ["runc", "crun"]
[nvidia-container-runtime.modes.cdi]
annotation-prefixes = ["cdi.k8s.io/"]
`;

export const xidLine =
  "[ 1234.567890] NVRM: Xid (PCI:0000:2f:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.";
