// Does NOT prove that a fix works on a real node; it holds docs/gpu-node.md to what the check says: every finding is there, and nothing else.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ApiError } from "../../../cluster/api/index.ts";
import type { Finding } from "../../../cluster/findings/finding.ts";
import { checkNode } from "../../../cluster/gpu-node/check.ts";
import { judgeOutput } from "../../../cluster/gpu-node/check-by-ssh.ts";
import type { SectionName } from "../../../cluster/gpu-node/facts/program.ts";
import { judgeLiveCard } from "../../../cluster/gpu-node/judge/live-card.ts";
import { nodeSubject } from "../../../cluster/gpu-node/judge/subject.ts";
import { liveCardOf } from "../../../cluster/gpu-node/labels.ts";
import { judgeMembership, type Member } from "../../../cluster/gpu-node/membership.ts";
import { gpuNodeOf, type Node } from "../../../cluster/gpu-node/node.ts";
import { logFaults } from "../../../cluster/gpu-node/ssh/log.ts";
import { checkConnection } from "../../../cluster/requirements/connection.ts";
import { checkCluster } from "../../../cluster/requirements/index.ts";
import { answerOf, healthySections, type Said } from "../../support/node-answer.ts";
import {
  boltctlList,
  type CardState,
  idleCard,
  moduleVersion,
  smiFailures,
  startFaults,
  xidLine,
} from "../../support/node-outputs.ts";
import { apiOf, clusterCases, plan } from "../cluster/requirements/cases.ts";

const project = join(import.meta.dirname, "../../..");
const subject = nodeSubject(plan);

interface Row {
  item: string;
  states: string[];
  found: string;
  fix: string;
}

/** The rows of the tables of findings. */
const rows: readonly Row[] =
  readFileSync(join(project, "docs/gpu-node.md"), "utf8")
    .split("## 4. Every finding")[1]
    ?.split("## 5.")[0]
    ?.split("\n")
    .filter((line) => /^\| (?!item|-)/.test(line))
    .map((line) => {
      const [item = "", state = "", found = "", fix = ""] = line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim().replaceAll("\\|", "|"));
      return { item, states: state.split(" / "), found, fix: fix === "–" ? "" : fix };
    }) ?? [];

/** `<node> is off` → a pattern that a text has to match as a whole. */
function pattern(cell: string): RegExp {
  const parts = cell.split(/<[^<>]+>/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".+")}$`, "s");
}

const describes = (row: Row, { item, state, found, fix = "" }: Finding): boolean =>
  row.item === item &&
  row.states.includes(state) &&
  pattern(row.found).test(found) &&
  pattern(row.fix).test(fix);

/** A small card that comes first on the bus. */
const secondCard = "NVIDIA GeForce GTX 1650 Ti, 535.274.02, 4096, 3, Enabled, x\n";

const off = { text: "", status: 127 };
const failing = ({ text, status }: { text: string; status: number }): Partial<Record<SectionName, Said>> => ({
  "smi-gpus": { text, status },
  "smi-capability": { text, status },
  "smi-processes": { text },
  "smi-table": { text, status },
});
const noCard = { pci: { text: "" }, lspci: { text: "" }, ...failing(smiFailures.noDevice) };

/** What a node may say, each with one thing otherwise than in the reference setup. */
const answers: readonly { sections?: Partial<Record<SectionName, Said>>; card?: CardState; user?: number }[] =
  [
    { sections: { boltctl: { text: boltctlList("connected") }, ...noCard } },
    { sections: { boltctl: { text: boltctlList("connected") } } },
    { sections: { boltctl: { text: boltctlList("disconnected") }, ...noCard } },
    { sections: { boltctl: { text: "" }, ...noCard } },
    { sections: noCard },
    { sections: { boltctl: off, pci: off, lspci: off } },
    {
      sections: { pci: { text: "0000:2f:00.0\t0x030000\t0x2504\t1\t16\t2.5 GT/s PCIe\t16.0 GT/s PCIe\t\n" } },
    },
    ...[...Object.values(smiFailures), off, { text: "", status: 124 }, { text: "%PDF", status: 0 }].map(
      (failure) => ({
        sections: failing(failure),
      }),
    ),
    ...Object.values(startFaults).map((line) => ({
      sections: { ...failing(smiFailures.noDriver), "kernel-log": { text: `345\n${line}\n` } },
    })),
    { sections: { module: { text: moduleVersion("535.261.03") } } },
    {
      sections: failing({
        text: "Unable to determine the device handle for GPU: GPU is lost.\n",
        status: 15,
      }),
    },
    {
      sections: {
        "smi-gpus": { text: "NVIDIA GeForce RTX 3060, 535.274.02, [GPU requires reset], [N/A], Enabled, x" },
      },
    },
    { sections: { "smi-gpus": { text: "NVIDIA GeForce RTX 3060, 535.274.02, [N/A], [N/A], Enabled, x" } } },
    {
      sections: {
        "smi-gpus": { text: `${secondCard}NVIDIA GeForce RTX 3060, 535.274.02, 12288, 3, Enabled, x` },
      },
    },
    {
      sections: {
        "smi-gpus": { text: `${secondCard}NVIDIA GeForce RTX 3070, 535.274.02, 8192, 3, Enabled, x` },
      },
    },
    {
      sections: {
        "smi-gpus": { text: "NVIDIA GeForce RTX 5090, 535.274.02, 32607, 3, Enabled, x" },
        "smi-capability": { text: "12.0\n" },
      },
    },
    { card: { ...idleCard, driver: "470.256.02", cuda: "11.4" } },
    { card: { ...idleCard, usedMiB: 6244, drawing: [[1403, "/usr/lib/xorg/Xorg", 6100]] } },
    { card: { ...idleCard, usedMiB: 1203 } },
    { card: { ...idleCard, persistence: false }, sections: { persistenced: { text: "", status: 2 } } },
    { sections: { "kernel-log": { text: `345\n${xidLine}\n` } } },
    { sections: { "kernel-log": { text: `345\n${xidLine}\n${xidLine}\n` } } },
    { sections: { "kernel-log": { text: "0\n" } } },
    { sections: { toolkit: off } },
    { sections: { toolkit: { text: "?" } } },
    { sections: { toolkit: { text: "NVIDIA Container Toolkit CLI version 1.20.0\n" } } },
    { sections: { containerd: { text: "version = 3\n" } } },
    { sections: { containerd: { text: "", status: 1 } } },
    {
      sections: {
        disk: {
          text: "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda2 100 90 2000000 99% /\n",
        },
      },
    },
    { sections: { disk: { text: "", status: 1 } } },
    { sections: { folder: { text: "1000 1000 755 directory\n" } } },
    { sections: { folder: { text: "0 0 644 regular file\n" } } },
    {
      sections: { folder: { text: "stat: cannot statx: No such file or directory", status: 1 } },
      user: 1000,
    },
    { sections: { folder: { text: "stat: cannot statx: Permission denied", status: 1 } } },
  ];

function nodeFindings(): Finding[] {
  const at = "gpu-check@192.168.0.25";
  const told = answers.flatMap(({ sections = {}, card = idleCard, user = subject.user }) =>
    judgeOutput(
      { ...subject, user },
      { bytes: answerOf({ ...healthySections(card), ...sections }), errors: "", complete: true },
      at,
    ),
  );
  const whole = answerOf(healthySections()).toString();
  const cut = (place: string): Buffer => Buffer.from(whole.slice(0, whole.indexOf(place) + place.length));
  const brokenOff = ["> boltctl", "> smi-capability"].flatMap((place) =>
    judgeOutput(subject, { bytes: cut(place), errors: "", complete: false }, at),
  );
  const noProgram = judgeOutput(
    subject,
    { bytes: Buffer.from("no shell\n"), errors: "", complete: true },
    at,
  );
  return [...told, ...brokenOff, ...noProgram];
}

/** Labels of a card that is too small. */
const otherCard = {
  "nvidia.com/gpu.product": "NVIDIA-GeForce-RTX-4060",
  "nvidia.com/gpu.memory": "6144",
  "nvidia.com/gpu.compute.major": "8",
  "nvidia.com/gpu.compute.minor": "9",
};

async function memberFindings(): Promise<Finding[]> {
  const member = (change: Partial<Node>, gpus = "1", heldBy: Member["gpuNode"]["heldBy"] = []): Member => {
    const node: Node = {
      metadata: { name: "nuc" },
      ...change,
      status: {
        conditions: [{ type: "Ready", status: "True" }],
        allocatable: { "nvidia.com/gpu": gpus },
        ...change.status,
      },
    };
    return { node, gpuNode: { ...gpuNodeOf(node), heldBy } };
  };
  const members: Member[][] = [
    [],
    [member({ status: { conditions: [{ type: "Ready", status: "Unknown" }] } })],
    [member({ spec: { unschedulable: true } })],
    ...["DiskPressure", "MemoryPressure", "PIDPressure", "NetworkUnavailable"].map((type) => {
      const conditions = [
        { type: "Ready", status: "True" },
        { type, status: "True" },
      ];
      return [member({ status: { conditions } })];
    }),
    [
      member({}),
      member({ spec: { taints: [{ key: "node.kubernetes.io/disk-pressure", effect: "NoSchedule" }] } }),
    ],
    [member({ spec: { taints: [{ key: "maintenance", effect: "NoExecute" }] } })],
    [member({}, "0")],
    [member({}, "1", [{ pod: "apps/blender", gpus: 1 }])],
    [member({}, "1", [{ pod: "apps/blender", gpus: 1, endsBy: "2026-11-27T12:00:00Z" }])],
    [member({}, "1", "unknown")],
  ];
  const forbidden = apiOf(new Proxy({}, { get: () => new ApiError(403, "Forbidden", "no") }));
  return [
    ...members.flatMap((some) =>
      [true, false].flatMap((switching) => judgeMembership(some, subject, switching)),
    ),
    ...judgeMembership([member({}, "1")], { ...subject, gpus: 2 }, false),
    ...judgeMembership([member({}, "0")], subject, false, {
      metadata: { name: "nvidia-device-plugin", namespace: "kube-system" },
      spec: { template: { spec: { containers: [] } } },
    }),
    ...judgeMembership(
      [member({ metadata: { name: "nuc", labels: { "nvidia.com/gpu.replicas": "4" } } }, "4")],
      { ...subject, gpus: 2 },
      false,
    ),
    ...(await checkNode(subject, { api: forbidden })),
    ...judgeLiveCard(subject, liveCardOf({})),
    ...judgeLiveCard(subject, liveCardOf(otherCard)),
  ];
}

/** The faults of the way to the node need a network; their words are read from the source, `${…}` being what differs. */
function sshFindings(): Finding[] {
  const logged = logFaults.map((fault): Finding => ({ item: "SSH", state: "fault", ...fault }));
  const others = ["index.ts", "key.ts"].flatMap((file) => {
    const source = readFileSync(join(project, "cluster/gpu-node/ssh", file), "utf8");
    const text = String.raw`\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|${"`"}((?:[^${"`"}\\]|\\.)*)${"`"})\s*`;
    const faults = [...source.matchAll(new RegExp(`new SshFault\\(${text},${text},?\\s*\\)`, "g"))];
    assert.equal(faults.length, source.split("new SshFault(").length - 1, `${file}: a fault in another form`);
    return faults.map((match): Finding => {
      const [found = "", fix = ""] = [match.slice(1, 4), match.slice(4, 7)].map((words) =>
        (words.find((word) => word !== undefined) ?? "")
          .replace(/\$\{[^}]*\}/g, "something")
          .replaceAll("\\`", "`"),
      );
      return { item: "SSH", state: "fault", found, fix };
    });
  });
  return [...logged, ...others];
}

describe("docs/gpu-node.md", () => {
  let findings: Finding[];

  before(async () => {
    const ofCluster = await Promise.all(
      clusterCases.map(async ({ plan: asked, objects, rules, item }) =>
        (await checkCluster(asked, apiOf(objects, rules))).filter((finding) => finding.item === item),
      ),
    );
    const unverified = checkConnection({ ...apiOf({}), isUnverified: true });
    findings = [
      ...ofCluster.flat(),
      ...nodeFindings(),
      ...(await memberFindings()),
      ...sshFindings(),
      ...unverified,
    ].filter(
      // What may not be read is told once, below the table.
      ({ state, found }) => state !== "ok" && !found.startsWith("may not be read: "),
    );
  });

  it("has a row for every finding that the check can tell, with the same words and the same fix", () => {
    const missing = findings.filter((finding) => !rows.some((row) => describes(row, finding)));
    const distinct = new Set(
      missing.map(
        ({ item, state, found, fix = "–" }) =>
          `| ${item} | ${state} | ${found} | ${fix.replaceAll("|", "\\|")} |`,
      ),
    );
    assert.deepEqual([...distinct], []);
  });

  it("has no row that the check does not tell", () => {
    assert.ok(rows.length > 40, "the tables were not found");
    const stale = rows.filter((row) => !findings.some((finding) => describes(row, finding)));
    assert.deepEqual(stale, []);
  });

  it("never tells to add the kernel arguments that took the network away, and names them", () => {
    const text = readFileSync(join(project, "docs/gpu-node.md"), "utf8");
    assert.match(text, /never to add:\*\* `pcie_ports=native`, `pci=assign-busses/);
  });
});
