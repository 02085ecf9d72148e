/** What is known of a GPU node, from whichever source. */

/** A value, or why there is none, as half a sentence. */
export type Known<Value> = { value: Value; why?: never } | { value?: never; why: string };

/** A Thunderbolt device other than the machine's own controller. */
export interface Enclosure {
  name: string;
  /** Where it is known; `boltctl` takes it. */
  uuid?: string;
  /** `connected`: plugged in, but not let in. */
  state: "authorised" | "connected" | "disconnected";
}

/** An NVIDIA card on the PCI bus. */
export interface PciCard {
  /** For example `0000:2f:00.0`. */
  address: string;
  /** Lanes in use and lanes that the card has; absent where they are not told. */
  lanes?: { current: number; most: number };
  /** Speed of a lane as the kernel words it, for example `8.0 GT/s PCIe`. It falls while the card idles. */
  speed?: string;
}

/** Why `nvidia-smi` tells nothing of the card. */
export type SmiProblem =
  | "missing"
  | "hangs"
  /** The kernel module and the libraries are of two versions: an upgrade without a restart. */
  | "mismatch"
  | "no-driver"
  | "no-device"
  | "reset"
  | "lost"
  | "other";

export interface Gpu {
  /** Which line of nvidia-smi's answers is its own. */
  line: number;
  /** For example `NVIDIA GeForce RTX 3060`. */
  name: string;
  /** Memory in MiB; absent where it has none of its own, as on boards that share it with the processor. */
  totalMiB?: number;
  usedMiB?: number;
  persistence?: boolean;
}

/** The driver as it runs. */
export interface Driver {
  version: string;
  /** Newest CUDA that it knows. */
  cuda?: string;
}

export interface GpuProcess {
  pid: number;
  /** Name as the driver gives it. */
  name: string;
  /** Whether it computes, draws, or both. */
  kind: "C" | "G" | "C+G";
  usedMiB?: number;
  /** Whether it runs in a pod. */
  place: "pod" | "host" | "unknown";
}

/** What `nvidia-smi` says of the cards, or what stands in its way, with its own words. */
export type SmiAnswer =
  | { gpus: Gpu[]; driver: string; problem?: never }
  | { problem: SmiProblem; text: string; gpus?: never };

/** Why the driver could not take the card over when it was loaded, by the kernel log. */
export interface StartFault {
  /** `no-window`: the firmware gave the card no addresses; `not-initialised`: the card did not answer as it must. */
  kind: "no-window" | "not-initialised";
  /** The log's own line. */
  line: string;
}

export interface CacheFolder {
  exists: boolean;
  uid?: number;
  gid?: number;
  /** Permissions in octal, for example `755`. */
  mode?: string;
  isDirectory?: boolean;
}

/** What the node said of itself. */
export interface NodeFacts {
  enclosures: Known<Enclosure[]>;
  cards: Known<PciCard[]>;
  smi: SmiAnswer;
  cuda: Known<string>;
  /** Compute capability of each card, for example 8.6; a line a card. */
  capability: Known<(number | undefined)[]>;
  /** MiB of each card that the driver keeps for itself; a line a card. */
  reserved: Known<(number | undefined)[]>;
  processes: Known<GpuProcess[]>;
  /** Version of the kernel module that is loaded. */
  module: Known<string>;
  persistenceDaemon: Known<boolean>;
  /** Lines of the kernel log about Xid errors since the start. */
  xid: Known<string[]>;
  /** Absent where the log tells of none, or may not be read. */
  startFault?: StartFault | undefined;
  toolkit: Known<string>;
  /** As config.toml has it: `auto`, `legacy`, `cdi`, `csv`. */
  toolkitMode: Known<string>;
  /** Whether containerd has a runtime `nvidia`. */
  containerdRuntime: Known<boolean>;
  /** Bytes free where the model files lie. */
  freeBytes: Known<number>;
  cacheFolder: Known<CacheFolder>;
}
