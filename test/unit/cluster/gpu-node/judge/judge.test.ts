// Does NOT prove that a real node's faults look like this; it proves what is made of them.
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Finding } from "../../../../../cluster/findings/finding.ts";
import { judgeOutput } from "../../../../../cluster/gpu-node/check-by-ssh.ts";
import type { SectionName } from "../../../../../cluster/gpu-node/facts/program.ts";
import { nodeSubject } from "../../../../../cluster/gpu-node/judge/subject.ts";
import { planFromFiles } from "../../../../../stacks/index.ts";
import { answerOf, healthySections, type Said } from "../../../../support/node-answer.ts";
import {
  boltctlList,
  type CardState,
  enclosureId,
  idleCard,
  moduleVersion,
  smiFailures,
  startFaults,
  xidLine,
} from "../../../../support/node-outputs.ts";

const ml = nodeSubject(planFromFiles(join(import.meta.dirname, "../../../../.."), "ml"));

function judge(
  changed: Partial<Record<SectionName, Said | undefined>>,
  card: CardState = idleCard,
  subject = ml,
): Finding[] {
  const sections = Object.fromEntries(
    Object.entries({ ...healthySections(card), ...changed }).filter(([, said]) => said !== undefined),
  ) as Partial<Record<SectionName, Said>>;
  return judgeOutput(subject, { bytes: answerOf(sections), errors: "", complete: true }, "tt@gpu");
}

const inState = (findings: readonly Finding[], ...states: Finding["state"][]): string[] =>
  findings.filter(({ state }) => states.includes(state)).map(({ item }) => item);

const theOne = (findings: readonly Finding[], item: string): Finding => {
  const found = findings.filter((one) => one.item === item);
  assert.equal(found.length, 1, item);
  return found[0] as Finding;
};

/** Holds that one item is a fault, and every other one is not. */
function onlyFault(findings: readonly Finding[], item: string, found: RegExp, fix: RegExp): void {
  assert.deepEqual(inState(findings, "fault"), [item]);
  const fault = theOne(findings, item);
  assert.match(fault.found, found);
  assert.match(fault.fix ?? "", fix);
}

const failing = ({ text, status }: { text: string; status: number }): Partial<Record<SectionName, Said>> => ({
  "smi-gpus": { text, status },
  "smi-capability": { text, status },
  "smi-processes": { text },
  "smi-table": { text, status },
});

describe("the judgement of a node", () => {
  it("finds the reference setup's node in order, but for what the driver gate says of its toolkit", () => {
    const findings = judge({});
    assert.deepEqual(inState(findings, "fault", "unknown"), []);
    assert.deepEqual(inState(findings, "warning"), ["image"]);
    assert.match(theOne(findings, "image").found, /container toolkit 1\.18\.1 may load/);
    assert.equal(theOne(findings, "NVIDIA driver").found, "535.274.02, CUDA 12.2");
    assert.equal(theOne(findings, "PCI").found, "0000:2f:00.0, link x4 of x16 at 8.0 GT/s PCIe");
  });

  describe("tells of one cause as one fault:", () => {
    it("an enclosure that is not authorised", () => {
      const findings = judge({
        boltctl: { text: boltctlList("connected") },
        pci: { text: "" },
        lspci: { text: "" },
        ...failing(smiFailures.noDriver),
      });
      onlyFault(
        findings,
        "Thunderbolt",
        /^enclosure Razer Core X is plugged in and not authorised$/,
        new RegExp(
          `^If Razer Core X is yours, and only then, run .boltctl enroll --policy auto ${enclosureId}`,
        ),
      );
      assert.deepEqual(inState(findings, "unknown"), ["PCI", "card", "image", "memory"]);
    });

    it("an enclosure that is switched off", () => {
      const findings = judge({
        boltctl: { text: boltctlList("disconnected") },
        pci: { text: "" },
        lspci: { text: "" },
        ...failing(smiFailures.noDriver),
      });
      onlyFault(findings, "Thunderbolt", /known and not plugged in, or off/, /Shut the node down, plug/);
    });

    it("a card that is off the bus", () => {
      const findings = judge({ pci: { text: "" }, lspci: { text: "" }, ...failing(smiFailures.noDevice) });
      onlyFault(findings, "PCI", /^no NVIDIA card on the PCI bus$/, /do not add kernel arguments/);
    });

    const drivers = [
      [
        "a half-finished upgrade",
        smiFailures.mismatch,
        /module 535\.274\.02, and the libraries are 535\.288/,
        /^Restart/,
      ],
      ["a module that is not loaded", smiFailures.noDriver, /module is not loaded/, /modprobe nvidia/],
      ["a lost card", smiFailures.lost, /fallen off the bus: Unable to determine/, /^Shut the node down/],
      ["no nvidia-smi", { text: "not found", status: 127 }, /there is no nvidia-smi/, /apt-mark hold/],
      ["one that hangs", { text: "", status: 124 }, /does not come back within 5 s/, /^Restart/],
      ["garbage", { text: "\u0007%PDF", status: 0 }, /not understood: \\u0007%PDF$/, /Run nvidia-smi/],
    ] as const;
    for (const [name, failure, found, fix] of drivers) {
      it(name, () => onlyFault(judge(failing(failure)), "NVIDIA driver", found, fix));
    }

    it("a card to which the machine gave no addresses, or that does not start, by the kernel's own words", () => {
      const log = (line: string) => ({ "kernel-log": { text: `345\n${xidLine}\n${line}\n` } });
      onlyFault(
        judge({ ...failing(smiFailures.noDriver), ...log(startFaults.noWindow) }),
        "NVIDIA driver",
        /no addresses \(BAR0\).*NVRM: BAR0 is 0M @ 0x0/,
        /switch the enclosure on, and then start the node; .*pci=realloc$/,
      );
      onlyFault(
        judge({ ...failing(smiFailures.noDevice), ...log(startFaults.notInitialised) }),
        "NVIDIA driver",
        /cannot start it: .*RmInitAdapter failed! \(0x24/,
        /switch the enclosure off and on/,
      );
      assert.deepEqual(
        inState(judge(log(startFaults.noWindow)), "fault"),
        [],
        "long since fixed: it answers",
      );
    });

    it("libraries of another version than the kernel module's, of which nvidia-smi says nothing", () => {
      const findings = judge({ module: { text: moduleVersion("535.261.03") } });
      onlyFault(
        findings,
        "NVIDIA driver",
        /module 535\.261\.03, and the libraries are 535\.274\.02/,
        /^Restart/,
      );
    });

    it("a driver that is too old for the image, whatever Pulumi.yaml says of it", () => {
      const findings = judge({}, { ...idleCard, driver: "470.256.02", cuda: "11.4" });
      onlyFault(
        findings,
        "image",
        /driver 470\.256\.02 \(CUDA 11\.4\) is too old for the image's CUDA 12\.4/,
        /Install driver 525\.60 or newer.*\(Pulumi\.ml\.yaml: image\.tag\)/,
      );
      assert.match(
        theOne(findings, "NVIDIA driver").found,
        /^470\.256\.02, CUDA 11\.4, and Pulumi\.yaml says gpuNode\.driver\.version 535\.274\.02, gpuNode\.driver\.cuda 12\.2/,
      );
    });

    it("a card that must be reset, or several of which none is the one", () => {
      const reset = "NVIDIA GeForce RTX 3060, 535.274.02, [GPU requires reset], [N/A], Enabled, 1\n";
      onlyFault(judge({ "smi-gpus": { text: reset } }), "NVIDIA driver", /before it is reset/, /^Restart/);
      const others = "A, 535.274.02, 4096, 3, Enabled, 1\nB, 535.274.02, 8192, 3, Enabled, 2\n";
      onlyFault(
        judge({ "smi-gpus": { text: others } }),
        "cards",
        /^the node has 2 cards: A, B; none is gpuNode\.card\.name NVIDIA GeForce RTX 3060$/,
        /^Write the name/,
      );
    });

    it("a desktop that leaves no room", () => {
      const drawing = [[1403, "/usr/lib/xorg/Xorg", 6100]] as const;
      const findings = judge({}, { ...idleCard, usedMiB: 6244, drawing });
      onlyFault(
        findings,
        "memory",
        /^a desktop or other programs \(\/usr\/lib\/xorg\/Xorg, process 1403, 6100 MiB\) hold 6244 MiB .* counts on 0: Qwen.* desktop 6\.10 GiB/,
        /^Close them\. Otherwise: /,
      );
    });

    it("a containerd without the runtime", () => {
      const findings = judge({ containerd: { text: "version = 3\n" } });
      onlyFault(findings, "containerd", /no runtime nvidia/, /systemctl restart k3s-agent/);
    });

    it("a folder that the server may not write", () => {
      const findings = judge({ folder: { text: "1000 1000 755 directory\n" } });
      onlyFault(findings, "cache folder", /belongs to user 1000, mode 755/, /chown -R 0 \/var\/lib\/vllm/);
      const asUser = judge({ folder: { text: "", status: 1 } }, idleCard, { ...ml, user: 1000 });
      assert.equal(theOne(asUser, "cache folder").state, "unknown");
    });
  });

  describe("warns, and stops nothing, of", () => {
    const warned = (findings: readonly Finding[], item: string, found: RegExp): void => {
      assert.deepEqual(inState(findings, "fault"), []);
      const finding = theOne(findings, item);
      assert.equal(finding.state, "warning");
      assert.match(finding.found, found);
    };

    it("a link of one lane", () => {
      const pci = "0000:2f:00.0\t0x030000\t0x2504\t1\t16\t2.5 GT/s PCIe\t16.0 GT/s PCIe\t\n";
      warned(judge({ pci: { text: pci } }), "PCI", /link x1 of x16 at 2\.5 GT\/s/);
    });

    it("a desktop that takes 1.2 GB", () => {
      warned(judge({}, { ...idleCard, usedMiB: 1203 }), "memory", /hold 1203 MiB of the card/);
    });

    it("a second card of another name, and judges the one that the settings name", () => {
      const findings = judge({
        "smi-gpus": {
          text: "NVIDIA GeForce GTX 1650 Ti, 535.274.02, 4096, 3, Enabled, 1\nNVIDIA GeForce RTX 3060, 535.274.02, 12288, 3, Enabled, 2\n",
        },
        "smi-capability": { text: "7.5\n8.6\n" },
        "smi-reserved": { text: "100\n246\n" },
      });
      warned(
        findings,
        "cards",
        /^the node has 2 cards: NVIDIA GeForce GTX 1650 Ti, NVIDIA GeForce RTX 3060;/,
      );
      assert.equal(theOne(findings, "card").found, "NVIDIA GeForce RTX 3060, 12288 MiB");
    });

    it("a driver that reserves more of the card than Pulumi.yaml says", () => {
      const findings = judge({ "smi-reserved": { text: "379\n" } });
      warned(findings, "card", /says gpuNode\.card\.usableGiB 11\.76;/);
      assert.equal(theOne(findings, "card").fix, "Write gpuNode.card.usableGiB: 11.63");
    });

    it("a board that shares its memory, by what the settings say of it", () => {
      const text = "NVIDIA GeForce RTX 3060, 535.274.02, [N/A], [N/A], Enabled, 1\n";
      warned(judge({ "smi-gpus": { text } }), "card", /whose memory nvidia-smi does not tell/);
    });

    it("Xid errors, of which the last is shown", () => {
      warned(judge({ "kernel-log": { text: `345\n${xidLine}\n` } }), "kernel log", /Xid.*79, pid=/);
    });

    it("no persistence", () => {
      const findings = judge({ persistenced: { text: "", status: 2 } }, { ...idleCard, persistence: false });
      warned(findings, "persistence", /neither nvidia-persistenced/);
    });

    it("a disk that is nearly full", () => {
      const disk =
        "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda2 100 90 2000000 99% /\n";
      warned(judge({ disk: { text: disk } }), "cache disk", /2\.0 GB free .* the model has 5\.6 GB/);
    });

    it("a toolkit that is not as Pulumi.yaml says", () => {
      const toolkit = { text: "NVIDIA Container Toolkit CLI version 1.20.0\n" };
      warned(
        judge({ toolkit }),
        "container toolkit",
        /^1\.20\.0, mode legacy, and Pulumi\.yaml says 1\.18\.1/,
      );
    });
  });

  it("does not count what the platform's own pods hold", () => {
    const serving: CardState = { ...idleCard, usedMiB: 9003, computing: [[2201, "python3", 9000]] };
    assert.equal(theOne(judge({}, serving), "memory").state, "ok");
  });

  it("knows nothing of memory whose holder cannot be told", () => {
    const serving: CardState = { ...idleCard, usedMiB: 9003, computing: [[2201, "python3", 9000]] };
    const findings = judge({ "smi-processes": { text: "2201,unknown, 9000, python3\n" } }, serving);
    assert.equal(theOne(findings, "memory").state, "ok");
  });

  it("says where an answer broke off", () => {
    const sections = healthySections();
    const whole = answerOf(sections).toString();
    const cut = (at: string): Buffer => Buffer.from(whole.slice(0, whole.indexOf(at) + at.length));
    const judged = (at: string): Finding[] =>
      judgeOutput(ml, { bytes: cut(at), errors: "", complete: false }, "tt@gpu");
    onlyFault(
      judged("> boltctl\n= boltctl"),
      "SSH",
      /breaks off at boltctl, before nvidia-smi/,
      /Run the same/,
    );
    onlyFault(judged("> smi-gpus\n= smi-gpus"), "NVIDIA driver", /does not come back/, /^Restart/);
  });

  it("shows what a shell says that does not run the program", () => {
    const findings = judgeOutput(
      ml,
      { bytes: Buffer.from("This account is currently not available.\n"), errors: "", complete: true },
      "tt@gpu",
    );
    onlyFault(
      findings,
      "SSH",
      /tt@gpu does not run .*it says: This account is currently not available\./,
      /shell/,
    );
  });
});
