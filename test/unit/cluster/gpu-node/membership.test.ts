// Does NOT prove that a cluster sets these labels, taints and conditions; it proves what is made of them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { ApiError, type ClusterApi } from "../../../../cluster/api/index.ts";
import type { Finding } from "../../../../cluster/findings/finding.ts";
import { type DaemonSet, readBlindPlugin } from "../../../../cluster/gpu-node/device-plugin.ts";
import { judgeLiveCard } from "../../../../cluster/gpu-node/judge/live-card.ts";
import { nodeSubject } from "../../../../cluster/gpu-node/judge/subject.ts";
import { liveCardOf } from "../../../../cluster/gpu-node/labels.ts";
import { judgeMembership, type Member } from "../../../../cluster/gpu-node/membership.ts";
import { gpuNodeOf, type Node } from "../../../../cluster/gpu-node/node.ts";
import { planFromFiles } from "../../../../stacks/index.ts";

const project = join(import.meta.dirname, "../../../..");
const ml = nodeSubject(planFromFiles(project, "ml"));
const [home] = parseAllDocuments(readFileSync(join(project, "lab/sandbox/world/nodes.yaml"), "utf8")).map(
  (document) => document.toJS() as Node,
);
const labels = home?.metadata?.labels ?? {};

/** The reference setup's node, changed. */
const blindPlugin: DaemonSet = {
  metadata: { name: "nvidia-device-plugin", namespace: "kube-system" },
  spec: { template: { spec: { containers: [{ image: "nvcr.io/nvidia/k8s-device-plugin:v0.17.0" }] } } },
};

function member(changed: Partial<Node> = {}, heldBy: Member["gpuNode"]["heldBy"] = []): Member {
  const node: Node = {
    ...home,
    ...changed,
    status: { ...home?.status, conditions: [{ type: "Ready", status: "True" }], ...changed.status },
  };
  return { node, gpuNode: { ...gpuNodeOf(node), heldBy } };
}

const off = member({ status: { ...home?.status, conditions: [{ type: "Ready", status: "Unknown" }] } });

function theFault(findings: readonly Finding[]): string {
  const faults = findings.filter(({ state }) => state === "fault");
  assert.equal(faults.length, 1);
  return `${faults[0]?.item}: ${faults[0]?.found} | ${faults[0]?.fix}`;
}

describe("the GPU node as a member of the cluster", () => {
  it("is in order as the reference setup has it", () => {
    assert.deepEqual(judgeMembership([member()], ml, true), [
      { item: "GPU node", state: "ok", found: "k3s-gpu-worker is on" },
      { item: "taint", state: "ok", found: "gpu=true:NoSchedule" },
      { item: "GPUs", state: "ok", found: "1 to give" },
    ]);
  });

  const away: [string, Member[], RegExp][] = [
    ["off", [off], /^GPU node: k3s-gpu-worker is off, .* \| Switch it on/],
    [
      "missing",
      [],
      /no node of the cluster carries the label nvidia\.com\/gpu=true \| .*kubectl label node k3s-gpu-worker/,
    ],
    [
      "cordoned",
      [member({ spec: { ...home?.spec, unschedulable: true } })],
      /cordoned.*\| Run `kubectl uncordon/,
    ],
    [
      "taken by another's pod",
      [member({}, [{ pod: "apps/blender", gpus: 1 }])],
      /^GPUs: pod apps\/blender holds the GPU of node k3s-gpu-worker \| End that pod/,
    ],
  ];
  for (const [name, members, fault] of away) {
    it(`stops a switch where it is ${name}, and only warns the active mode`, () => {
      assert.match(theFault(judgeMembership(members, ml, true)), fault);
      const active = judgeMembership(members, ml, false);
      assert.deepEqual(
        active.filter(({ state }) => state !== "ok").map(({ state }) => state),
        ["warning"],
      );
    });
  }

  it("stops any update where it is on and has no GPU to give", () => {
    const none = member({
      status: {
        ...home?.status,
        allocatable: { "nvidia.com/gpu": "0" },
        conditions: [{ type: "Ready", status: "True" }],
      },
    });
    assert.match(
      theFault(judgeMembership([none], ml, false)),
      /^GPUs: .* has no GPU to give \| .*device plugin/,
    );
    assert.match(
      theFault(judgeMembership([none], ml, false, blindPlugin)),
      /^GPUs: .* has no GPU to give: DaemonSet kube-system\/nvidia-device-plugin .* has no runtimeClassName, .*\| Run `kubectl patch daemonset nvidia-device-plugin -n kube-system .*"runtimeClassName":"nvidia"/,
    );
    const named = structuredClone(ml);
    named.settings.gpuNode.runtimeClass = "nvidia-cdi";
    assert.match(
      theFault(judgeMembership([none], named, false, blindPlugin)),
      /"runtimeClassName":"nvidia-cdi"/,
    );
  });

  it("waits for no pod's end by hand that is ending already", () => {
    const held = (endsBy: { endsBy?: string }) =>
      theFault(judgeMembership([member({}, [{ pod: "media/transcoder", gpus: 1, ...endsBy }])], ml, true));
    assert.match(
      held({ endsBy: "2026-11-27T12:00:00Z" }),
      /\(ending, due by 2026.*\| Nothing but to wait for its end/,
    );
    assert.match(held({}), /pod media\/transcoder holds the GPU .*\| End that pod/);
  });

  it("looks at the device plugin only where a node that is on has no GPU to give", async () => {
    const node = (allocatable: number, ready = true) => ({ name: "nuc", ready, allocatable, heldBy: [] });
    const of = (...items: object[]) => ({ get: async () => ({ items }) }) as unknown as ClusterApi;
    const seeing = structuredClone(blindPlugin);
    seeing.spec.template.spec.runtimeClassName = "nvidia";
    const other = structuredClone(blindPlugin);
    other.spec.template.spec.containers = [{ image: "svclb" }];
    assert.equal(await readBlindPlugin(of(other, seeing, blindPlugin), [node(0)]), blindPlugin);
    assert.equal(await readBlindPlugin(of(other, seeing), [node(0)]), undefined);
    for (const nodes of [[], [node(1)], [node(0, false)], [node(0), node(1)]]) {
      assert.equal(await readBlindPlugin(of(blindPlugin), nodes), undefined);
    }
    const forbidden = { get: async () => Promise.reject(new ApiError(403, "Forbidden", "no")) };
    assert.equal(await readBlindPlugin(forbidden as unknown as ClusterApi, [node(0)]), undefined);
  });

  const pressed = (type: string, taint?: string): Member =>
    member({
      spec: {
        ...home?.spec,
        taints: [
          ...(home?.spec?.taints ?? []),
          ...(taint === undefined ? [] : [{ key: taint, effect: "NoSchedule" }]),
        ],
      },
      status: {
        ...home?.status,
        conditions: [
          { type: "Ready", status: "True" },
          { type, status: taint === undefined ? "True" : "False" },
        ],
      },
    });

  for (const [name, node, words] of [
    ["reports it", pressed("DiskPressure"), "disk pressure"],
    ["is tainted for it", pressed("DiskPressure", "node.kubernetes.io/disk-pressure"), "disk pressure"],
    ["reports another", pressed("MemoryPressure"), "memory pressure"],
    ["has no network", pressed("NetworkUnavailable"), "no network for pods"],
  ] as const) {
    it(`stops any update under pressure, where the node ${name}`, () => {
      for (const switching of [true, false]) {
        assert.match(
          theFault(judgeMembership([node], ml, switching)),
          new RegExp(
            `^node pressure: ${words} on k3s-gpu-worker, so no pod may start on it \\| See what fills it`,
          ),
        );
      }
    });
  }

  it("only warns of pressure where another node can take the pod", () => {
    const states = judgeMembership([member(), pressed("PIDPressure")], ml, true).map(({ item, state }) => [
      item,
      state,
    ]);
    assert.deepEqual(states[1], ["node pressure", "warning"]);
    const cordoned = member({ spec: { ...home?.spec, unschedulable: true } });
    assert.equal(judgeMembership([cordoned, pressed("PIDPressure")], ml, true)[1]?.state, "fault");
  });

  it("must have the taint, and no other that the server does not tolerate", () => {
    const taint = (taints: NonNullable<Node["spec"]>["taints"]): Finding | undefined =>
      judgeMembership([member({ spec: { ...(taints === undefined ? {} : { taints }) } })], ml, false).find(
        ({ item }) => item === "taint",
      );
    assert.equal(taint([])?.state, "warning");
    assert.match(taint([])?.fix ?? "", /kubectl taint node k3s-gpu-worker gpu=true:NoSchedule/);
    const foreign = taint([
      { key: "gpu", value: "true", effect: "NoSchedule" },
      { key: "maintenance", effect: "NoExecute" },
      { key: "node.kubernetes.io/disk-pressure", effect: "NoSchedule" },
    ]);
    assert.equal(foreign?.state, "fault");
    assert.match(foreign?.found ?? "", /has taint maintenance=:NoExecute, which/);
  });
});

describe("what the labels of GPU feature discovery tell", () => {
  const judged = (changed: Record<string, string | undefined>, subject = ml): Finding[] =>
    judgeLiveCard(subject, liveCardOf({ ...labels, ...changed }));

  it("is as the reference setup's settings say", () => {
    const findings = judged({});
    assert.deepEqual(
      findings.filter(({ item }) => item !== "image"),
      [
        { item: "NVIDIA driver", state: "ok", found: "535.274.02, CUDA 12.2" },
        { item: "card", state: "ok", found: "NVIDIA GeForce RTX 3060, 12288 MiB" },
        { item: "memory", state: "ok", found: "room for 87776 tokens" },
      ],
    );
  });

  it("is read by the names of both generations", () => {
    const older = Object.fromEntries(
      Object.keys(labels)
        .filter((key) => /-version\./.test(key))
        .map((key) => [key, undefined]),
    );
    assert.deepEqual(liveCardOf({ ...labels, ...older }).driver, liveCardOf(labels).driver);
  });

  it("is unknown without labels, which stops nothing", () => {
    for (const finding of judgeLiveCard(ml, liveCardOf({}))) {
      assert.equal(finding.state, "unknown", finding.item);
    }
  });

  it("goes to the gates: a driver that is too old, and a smaller card", () => {
    const old = {
      "nvidia.com/cuda.driver-version.full": "470.256.02",
      "nvidia.com/cuda.runtime-version.major": "11",
      "nvidia.com/cuda.runtime-version.minor": "4",
    };
    assert.match(theFault(judged(old)), /^image: driver 470\.256\.02 \(CUDA 11\.4\) is too old/);
    const small = {
      "nvidia.com/gpu.product": "NVIDIA-GeForce-RTX-3050",
      "nvidia.com/gpu.memory": "6144",
    };
    assert.match(theFault(judged(small)), /^memory: .*of NVIDIA GeForce RTX 3050/);
  });

  it("stops no mode that serves nothing", () => {
    const gaming = nodeSubject(planFromFiles(project, "gaming"));
    assert.deepEqual(
      judged({ "nvidia.com/gpu.memory": "1024" }, gaming).filter(({ state }) => state === "fault"),
      [],
    );
  });
});
