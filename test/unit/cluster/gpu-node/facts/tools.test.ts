// Does NOT prove that the tools of a real node print this; the texts are written after theirs.
import assert from "node:assert/strict";
import type { Section } from "../../../../../cluster/gpu-node/facts/answer.ts";
import {
  readContainerdRuntime,
  readToolkit,
  readToolkitMode,
} from "../../../../../cluster/gpu-node/facts/containers.ts";
import { readFolder, readFreeBytes } from "../../../../../cluster/gpu-node/facts/folder.ts";
import { readModule, readPersistenceDaemon, readXid } from "../../../../../cluster/gpu-node/facts/kernel.ts";
import {
  chosenCard,
  readCapability,
  readCuda,
  readGpus,
  readProcesses,
  readReserved,
} from "../../../../../cluster/gpu-node/facts/nvidia-smi.ts";
import { readCards } from "../../../../../cluster/gpu-node/facts/pci.ts";
import { readEnclosures } from "../../../../../cluster/gpu-node/facts/thunderbolt.ts";
import {
  boltctlList,
  type CardState,
  enclosureId,
  idleCard,
  k3sContainerd,
  lspciLine,
  moduleVersion,
  smiCapability,
  smiFailures,
  smiGpus,
  smiReserved,
  smiTable,
  toolkitConfig,
  toolkitVersion,
  xidLine,
} from "../../../../support/node-outputs.ts";

const said = (text: string, status = 0): Section => ({ status, text });

const drivers = [
  ["470.256.02", "11.4"],
  ["535.274.02", "12.2"],
  ["550.54.15", "12.4"],
  ["570.195.03", "12.8"],
  ["580.95.05", "13.0"],
] as const;

describe("nvidia-smi", () => {
  for (const [driver, cuda] of drivers) {
    const card: CardState = {
      ...idleCard,
      driver,
      cuda,
      usedMiB: 9244,
      drawing: [[1403, "/usr/lib/xorg/Xorg", 120]],
      computing: [[2201, "/usr/bin/python3", 9000]],
    };

    it(`of driver ${driver} is read`, () => {
      assert.deepEqual(readGpus(said(smiGpus(card))), {
        driver,
        gpus: [
          { line: 0, name: "NVIDIA GeForce RTX 3060", totalMiB: 12_288, usedMiB: 9244, persistence: true },
        ],
      });
      assert.deepEqual(readCuda(said(smiTable(card))), { value: cuda });
      const query = said("2201,pod, 9000, /usr/bin/python3\n");
      assert.deepEqual(readProcesses(query, said(smiTable(card))), {
        value: [
          { pid: 2201, name: "/usr/bin/python3", kind: "C", usedMiB: 9000, place: "pod" },
          { pid: 1403, name: "/usr/lib/xorg/Xorg", kind: "G", usedMiB: 120, place: "host" },
        ],
      });
      const { status, text } = smiCapability(card);
      assert.deepEqual(
        readCapability(said(text, status)),
        driver.startsWith("470")
          ? { why: "nvidia-smi does not tell the compute capability" }
          : { value: [8.6] },
      );
      const reserved = smiReserved(card);
      assert.deepEqual(
        readReserved(said(reserved.text, reserved.status)),
        driver.startsWith("470")
          ? { why: "nvidia-smi does not tell what the driver reserves" }
          : { value: [246] },
      );
    });
  }

  it("of the newest drivers is read, whose table names CUDA otherwise", () => {
    const table = "| NVIDIA-SMI 610.43.02    Driver Version: 610.43.02    CUDA UMD Version: 13.3 |";
    assert.deepEqual(readCuda(said(table)), { value: "13.3" });
  });

  it("keeps each card's line, and reads a card of which something is not told", () => {
    const { gpus } = readGpus(
      said(
        "NVIDIA GB10, 580.95.05, [N/A], [Not Supported], Enabled, 1\n" +
          "NVIDIA GeForce RTX 3090, 580.95.05, [Unknown Error], 3, Enabled, 2\n" +
          "NVIDIA GeForce RTX 3060, 580.95.05, 12288, [Unknown Error], Disabled, 3\n",
      ),
    );
    assert.deepEqual(gpus, [
      { line: 0, name: "NVIDIA GB10", persistence: true },
      { line: 2, name: "NVIDIA GeForce RTX 3060", totalMiB: 12_288, persistence: false },
    ]);
    assert.deepEqual(readCapability(said("12.1\n[N/A]\n8.6\n")), { value: [12.1, undefined, 8.6] });
    assert.equal(chosenCard(gpus ?? [], "NVIDIA GeForce RTX 3060")?.line, 2);
    assert.equal(chosenCard(gpus ?? [], "another"), undefined);
    assert.equal(chosenCard((gpus ?? []).slice(0, 1), "another")?.line, 0);
  });

  it("lists nothing where nothing runs", () => {
    assert.deepEqual(readProcesses(said(""), said(smiTable(idleCard))), { value: [] });
  });

  it("takes names with blanks, and nothing that only looks like a row, however long", () => {
    const row = (text: string) => said(`|    0   N/A  N/A      1403    ${text} |`);
    assert.deepEqual(readProcesses(said(""), row("C+G   a game of mine      120MiB")), {
      value: [{ pid: 1403, name: "a game of mine", kind: "C+G", usedMiB: 120, place: "host" }],
    });
    const blanks = " ".repeat(60_000);
    for (const text of ["G   120MiB", "G   a 120KiB", "C   a 120MiB", `G a${blanks}b`, blanks]) {
      assert.deepEqual(readProcesses(said(""), row(text)), { value: [] });
    }
  });

  const failures = [
    ["mismatch", smiFailures.mismatch, "mismatch"],
    ["no driver", smiFailures.noDriver, "no-driver"],
    ["no device", smiFailures.noDevice, "no-device"],
    ["a lost card", smiFailures.lost, "lost"],
    [
      "a card to be reset",
      { status: 0, text: "A, 580.95.05, [GPU requires reset], [GPU requires reset], Enabled, 1" },
      "reset",
    ],
    ["a card that says nothing", { status: 0, text: "A, 580.95.05, [Unknown Error], 3, Enabled, 1" }, "lost"],
    ["no nvidia-smi", { status: 127, text: "timeout: failed to run command 'nvidia-smi'" }, "missing"],
    ["one that hangs", { status: 124, text: "" }, "hangs"],
    ["one that must be killed", { status: 137, text: "" }, "hangs"],
    ["garbage", { status: 0, text: "\u0000\u0007%PDF-1.4" }, "other"],
    ["nothing", { status: 0, text: "" }, "other"],
  ] as const;
  for (const [name, { status, text }, problem] of failures) {
    it(`is known by ${name}`, () => {
      assert.equal(readGpus(said(text, status)).problem, problem);
    });
  }
});

describe("Thunderbolt enclosures", () => {
  const kernel = `0-0\t1\tc1010000-0082-8c0e-8381-1d2a5a1f8b22\tIntel\tNUC11TNKi5\t\n0-1\t0\t${enclosureId}\tRazer\tCore X\t\n`;

  it("are read from bolt", () => {
    for (const [status, state] of [
      ["authorized", "authorised"],
      ["connected", "connected"],
      ["disconnected", "disconnected"],
    ] as const) {
      assert.deepEqual(readEnclosures(said(boltctlList(status)), said("")), {
        value: [{ name: "Razer Core X", uuid: enclosureId, state }],
      });
    }
  });

  it("are read from the kernel without bolt, and the machine's own controller is none", () => {
    assert.deepEqual(readEnclosures(said("", 127), said(kernel)), {
      value: [{ name: "Razer Core X", uuid: enclosureId, state: "connected" }],
    });
    assert.deepEqual(readEnclosures(said(""), said(kernel.replace("\t0\t", "\t1\t"))), {
      value: [{ name: "Razer Core X", uuid: enclosureId, state: "authorised" }],
    });
  });
});

describe("cards on the PCI bus", () => {
  it("are read from the kernel's files with their link; a sound device is none", () => {
    const kernel =
      "0000:2f:00.0\t0x030000\t0x2504\t4\t16\t8.0 GT/s PCIe\t16.0 GT/s PCIe\t\n0000:2f:00.1\t0x040300\t0x228e\t4\t16\t8.0 GT/s PCIe\t16.0 GT/s PCIe\t\n";
    assert.deepEqual(readCards(said(kernel), said("", 127)), {
      value: [{ address: "0000:2f:00.0", lanes: { current: 4, most: 16 }, speed: "8.0 GT/s PCIe" }],
    });
  });

  it("are read from lspci where the kernel's files tell of none", () => {
    assert.deepEqual(readCards(said(""), said(lspciLine)), { value: [{ address: "0000:2f:00.0" }] });
  });

  it("are none only where somebody could tell", () => {
    assert.deepEqual(readCards(said(""), said("")), { value: [] });
    assert.deepEqual(readCards(undefined, undefined), {
      why: "neither the kernel's files nor lspci tell of the PCI bus",
    });
  });
});

describe("the kernel", () => {
  it("tells the version of the closed and of the open module", () => {
    for (const version of ["535.274.02", "570.195.03", "580.95"]) {
      assert.deepEqual(readModule(said(moduleVersion(version))), { value: version });
    }
    assert.match(
      readModule(said("cat: …: No such file or directory", 1)).why ?? "",
      /no NVIDIA kernel module/,
    );
  });

  it("tells of Xid errors, or may not be asked", () => {
    assert.deepEqual(readXid(said(`345\n${xidLine}\n`)), { value: [xidLine] });
    assert.deepEqual(readXid(said("345\n")), { value: [] });
    assert.match(readXid(said("1\n", 1)).why ?? "", /may not read the kernel log/);
  });

  it("has a persistence daemon where its socket is", () => {
    assert.deepEqual(readPersistenceDaemon(said("/run/nvidia-persistenced/socket\n", 2)), { value: true });
    assert.deepEqual(readPersistenceDaemon(said("", 2)), { value: false });
  });
});

describe("the container toolkit and containerd", () => {
  it("tell version, mode and runtime", () => {
    assert.deepEqual(readToolkit(said(toolkitVersion)), { value: "1.18.1" });
    assert.deepEqual(readToolkit(said("", 127)), { why: "there is no nvidia-ctk" });
    assert.deepEqual(readToolkitMode(said(toolkitConfig)), { value: "legacy" });
    assert.deepEqual(readToolkitMode(said('mode = "cdi"\n[other]\nmode = "x"\n')), { value: "auto" });
  });

  for (const [notation, line] of [
    ["1", "[plugins.cri.containerd.runtimes.nvidia]"],
    ["2", '[plugins."io.containerd.grpc.v1.cri".containerd.runtimes."nvidia"]'],
    ["3", "[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.'nvidia'.options]"],
  ] as const) {
    it(`have the runtime in containerd's notation ${notation}`, () => {
      assert.deepEqual(readContainerdRuntime(said(`version = ${notation}\n${line}\n`)), { value: true });
    });
  }

  it("have none, or cannot be asked", () => {
    assert.deepEqual(readContainerdRuntime(said(k3sContainerd.replaceAll("'nvidia'", "'nvidia-cdi'"))), {
      value: false,
    });
    assert.match(readContainerdRuntime(said("Permission denied", 1)).why ?? "", /cannot read containerd/);
  });
});

describe("the folder of the model files", () => {
  it("is read from df and stat", () => {
    const df =
      "Filesystem     1024-blocks     Used Available Capacity Mounted on\n/dev/nvme0n1p2   244506940 98000000 134012345      43% /\n";
    assert.deepEqual(readFreeBytes(said(df)), { value: 134_012_345 * 1024 });
    assert.deepEqual(readFolder(said("0 0 755 directory\n")), {
      value: { exists: true, uid: 0, gid: 0, mode: "755", isDirectory: true },
    });
    assert.deepEqual(readFolder(said("stat: cannot statx '/x': No such file or directory\n", 1)), {
      value: { exists: false },
    });
    assert.match(readFolder(said("stat: cannot statx '/x': Permission denied\n", 1)).why ?? "", /cannot be/);
  });
});
