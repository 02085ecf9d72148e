/** NVIDIA cards on the PCI bus. */
import type { Section } from "./answer.ts";
import type { Known, PciCard } from "./facts.ts";

/** The kernel's files where they can be read, else `lspci`. */
export function readCards(kernel: Section | undefined, lspci: Section | undefined): Known<PciCard[]> {
  const byKernel = readSysfs(kernel);
  const byLspci = readLspci(lspci);
  return byKernel.value !== undefined && (byKernel.value.length > 0 || byLspci.value === undefined)
    ? byKernel
    : byLspci.value === undefined
      ? { why: "neither the kernel's files nor lspci tell of the PCI bus" }
      : byLspci;
}

/** Address, class, device, lanes now and at most, speed now and at most, parted by tabs. */
function readSysfs(section: Section | undefined): Known<PciCard[]> {
  if (section === undefined || section.status !== 0) {
    return { why: "the kernel's list of PCI devices cannot be read" };
  }
  return {
    value: section.text.split("\n").flatMap((line) => {
      const [address = "", kind = "", , current, most, speed = ""] = line.split("\t");
      // Class 03: a display controller; the card's sound device is another function.
      return isAddress(address) && kind.startsWith("0x03")
        ? [{ address, ...lanesOf(current, most), ...(/GT\/s/.test(speed) ? { speed } : {}) }]
        : [];
    }),
  };
}

/** The kernel writes 0 or 255 where it does not know. */
function lanesOf(current = "", most = ""): Pick<PciCard, "lanes"> {
  const [now, full] = [current, most].map((text) => (/^\d{1,2}$/.test(text) ? Number(text) : 0));
  return now && full && now <= 32 && full <= 32 ? { lanes: { current: now, most: full } } : {};
}

/** `0000:2f:00.0 VGA compatible controller [0300]: NVIDIA Corporation GA106 … [10de:2504] (rev a1)`. */
function readLspci(section: Section | undefined): Known<PciCard[]> {
  if (section === undefined || section.status !== 0) {
    return { why: "lspci does not answer" };
  }
  return {
    value: section.text.split("\n").flatMap((line) => {
      const [, address = ""] = /^(\S+) .*\[03[0-9a-f]{2}\]: /.exec(line) ?? [];
      return isAddress(address) ? [{ address }] : [];
    }),
  };
}

function isAddress(text: string): boolean {
  return /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/.test(text);
}
