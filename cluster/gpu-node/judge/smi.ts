/** What stands in the way where `nvidia-smi` does not tell of a card. Pure. */
import type { Finding } from "../../findings/finding.ts";
import type { NodeFacts, SmiProblem, StartFault } from "../facts/facts.ts";
import { toolSeconds } from "../facts/program.ts";

const restart = "Restart the node (`sudo reboot`)";

const words: Readonly<Record<Exclude<SmiProblem, "mismatch">, { found: string; fix: string }>> = {
  missing: {
    found: "there is no nvidia-smi on the node, so no driver",
    fix: "Install the driver, for example `sudo apt install nvidia-driver-580`, restart the node, and hold its version: `sudo apt-mark hold nvidia-driver-580`",
  },
  hangs: {
    found: `nvidia-smi does not come back within ${toolSeconds} s`,
    fix: `${restart}; if it hangs again, look for Xid errors (\`sudo dmesg | grep Xid\`) and check the enclosure's cable`,
  },
  "no-driver": {
    found: "the card is there, and the driver's kernel module is not loaded",
    fix: "Run `sudo modprobe nvidia`; if it is not found, it was not built for this kernel: `sudo apt install linux-headers-$(uname -r)` and reinstall the driver",
  },
  "no-device": {
    found: "the driver runs and finds no card",
    fix: "Shut the node down, switch the enclosure off and on, and start it",
  },
  reset: {
    found: "the card does not work before it is reset",
    fix: restart,
  },
  lost: {
    found: "the card has fallen off the bus",
    fix: "Shut the node down, check the enclosure's power and cable, switch it off and on, and start the node",
  },
  other: {
    found: "nvidia-smi gives an answer that is not understood",
    fix: "Run nvidia-smi on the node and look",
  },
};

/** Where the kernel log says why the driver has no card, that is the reason. */
const startWords: Readonly<Record<StartFault["kind"], { found: string; fix: string }>> = {
  "no-window": {
    found: "the card is on the bus, and the machine gave it no addresses (BAR0), so the driver cannot use it",
    fix: "Shut the node down, switch the enclosure on, and then start the node; if that is not enough, switch on Above 4G Decoding in its firmware, or, where the kernel log advises it, add the kernel argument pci=realloc",
  },
  "not-initialised": {
    found: "the driver finds the card and cannot start it",
    fix: "Shut the node down, switch the enclosure off and on, check its cable and power, and start the node; if it stays so, install another version of the driver",
  },
};

/** The fault, in one row; none where `nvidia-smi` tells of a card of the same version as the kernel module. */
export function judgeSmi({ smi, module, startFault }: NodeFacts): Finding[] {
  const item = "NVIDIA driver";
  if (smi.gpus === undefined && smi.problem !== "mismatch") {
    if (startFault !== undefined && (smi.problem === "no-driver" || smi.problem === "no-device")) {
      const { found, fix } = startWords[startFault.kind];
      return [{ item, state: "fault", found: `${found}: ${startFault.line}`, fix }];
    }
    const { found, fix } = words[smi.problem];
    const told = /^(other|lost|reset)$/.test(smi.problem) ? `: ${smi.text}` : "";
    return [{ item, state: "fault", found: `${found}${told}`, fix }];
  }
  const libraries = smi.gpus === undefined ? libraryVersion(smi.text) : smi.driver;
  const differs = module.value !== undefined && libraries !== undefined && !isSame(module.value, libraries);
  return smi.gpus === undefined || differs
    ? [
        {
          item,
          state: "fault",
          found: `an upgrade is half done: the kernel has module ${module.value ?? "of another version"}, and the libraries are ${libraries ?? "not of it"}`,
          fix: `${restart}, so that both are of one version, and hold it afterwards (\`sudo apt-mark hold\`)`,
        },
      ]
    : [];
}

/** `NVML library version: 535.288`, which leaves the last part out. */
function libraryVersion(text: string): string | undefined {
  return /NVML library version:\s*(\d+\.\d+(?:\.\d+)?)/.exec(text)?.[1];
}

function isSame(one: string, other: string): boolean {
  return one === other || one.startsWith(`${other}.`) || other.startsWith(`${one}.`);
}
