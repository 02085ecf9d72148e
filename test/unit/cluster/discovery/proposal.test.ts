// Does NOT prove that a real cluster's objects look like this; test/engine/init.test.ts reads a real API server's.

import assert from "node:assert/strict";
import { ApiError } from "../../../../cluster/api/index.ts";
import { type ClusterFacts, readClusterFacts } from "../../../../cluster/discovery/cluster-facts.ts";
import { changesOf, propose } from "../../../../cluster/discovery/index.ts";
import type { Asked } from "../../../../cluster/discovery/proposal.ts";
import { apiOf, plan } from "../requirements/cases.ts";

const { settings } = plan;

const labels = {
  "nvidia.com/gpu": "true",
  "nvidia.com/gpu.present": "true",
  "nvidia.com/gpu.product": "NVIDIA-GeForce-RTX-3060",
  "nvidia.com/gpu.memory": "12288",
  "nvidia.com/gpu.compute.major": "8",
  "nvidia.com/gpu.compute.minor": "6",
  "nvidia.com/cuda.driver-version.full": "535.274.02",
  "nvidia.com/cuda.runtime-version.major": "12",
  "nvidia.com/cuda.runtime-version.minor": "2",
};

/** The home lab's cluster. */
const home: ClusterFacts = {
  nodes: [
    { name: "k3s-worker-02", labels: {}, taints: [], gpus: 0 },
    {
      name: "k3s-gpu-worker",
      labels,
      taints: [{ key: "gpu", value: "true", effect: "NoSchedule" }],
      gpus: 1,
    },
  ],
  runtimeClasses: [{ name: "nvidia", handler: "nvidia" }],
  issuers: [{ name: "letsencrypt-prod", ready: true }],
  hasTraefik: true,
  hasCertManager: true,
  storageClasses: [{ name: "local-path", isDefault: true }],
  hosts: ["ollama.home.jetzinger.com"],
  ollamas: [{ name: "ollama", namespace: "ml", port: 11434 }],
};

function proposed(facts: Partial<ClusterFacts>, asked: Partial<Asked> = {}) {
  const question: Asked = { settings, given: {}, sandbox: false, ...asked };
  const { wanted, byHand } = propose({ ...home, ...facts }, question);
  const changes = changesOf(wanted, question.settings);
  return {
    changes: Object.fromEntries(changes.map(({ path, value }) => [path.join("."), value])),
    why: (key: string) => changes.find(({ path }) => path.join(".") === key)?.why,
    byHand: byHand.map(({ key }) => key),
    reason: (key: string) => byHand.find((one) => one.key === key)?.why,
  };
}

const gpuNode = (change: Partial<NonNullable<ClusterFacts["nodes"]>[number]>) => ({
  nodes: [{ name: "k3s-gpu-worker", labels, taints: [], gpus: 1, ...change }],
});

describe("what gpu-mode init proposes", () => {
  it("for the home lab is to confirm its host, which its other hosts show to be its own", () => {
    const { changes, why, byHand } = proposed({});
    assert.deepEqual(changes, { confirmed: ["route.host"] });
    assert.match(why("confirmed") ?? "", /serves ollama\.home\.jetzinger\.com already/);
    assert.deepEqual(byHand, ["gpuNode.card.desktopMiB", "gpuNode.toolkit"]);
  });

  describe("for the node", () => {
    it("is the label that it carries, its taint, and its name", () => {
      const taints = [{ key: "dedicated", value: "gpu", effect: "NoExecute" }];
      const { "nvidia.com/gpu": _, ...others } = labels;
      assert.deepEqual(proposed(gpuNode({ name: "nuc", labels: others, taints })).changes, {
        "gpuNode.name": "nuc",
        "gpuNode.selector": { "nvidia.com/gpu.present": "true" },
        "gpuNode.taint.key": "dedicated",
        "gpuNode.taint.value": "gpu",
        "gpuNode.taint.effect": "NoExecute",
        confirmed: ["route.host"],
      });
      const bare = { "kubernetes.io/hostname": "nuc" };
      assert.deepEqual(proposed(gpuNode({ labels: bare })).changes["gpuNode.selector"], bare);
    });

    it("asks for one of several, or of several taints", () => {
      const two = [...(home.nodes ?? []), { name: "second", labels, taints: [], gpus: 2 }];
      assert.equal(
        proposed({ nodes: two }).reason("gpuNode"),
        "several nodes have a GPU: k3s-gpu-worker, second",
      );
      assert.equal(proposed({ nodes: two }, { given: { node: "second" } }).changes["gpuNode.name"], "second");
      assert.match(
        proposed({ nodes: two }, { given: { node: "third" } }).reason("gpuNode") ?? "",
        /^node third is none of those/,
      );
      const taints = ["a", "b"].map((key) => ({ key, effect: "NoSchedule" }));
      assert.match(proposed(gpuNode({ taints })).reason("gpuNode.taint") ?? "", /several taints \(a, b\)/);
    });

    it("says where there is none, and where nodes may not be read", () => {
      assert.match(proposed({ nodes: [] }).reason("gpuNode") ?? "", /no node offers a GPU/);
      assert.match(proposed({ nodes: undefined }).reason("gpuNode") ?? "", /may not read nodes/);
    });

    it("takes another RuntimeClass of NVIDIA's, or says that there is none", () => {
      const other = [{ name: "gpu", handler: "nvidia-cdi" }];
      assert.equal(proposed({ runtimeClasses: other }).changes["gpuNode.runtimeClass"], "gpu");
      assert.ok(proposed({ runtimeClasses: [] }).byHand.includes("gpuNode.runtimeClass"));
    });
  });

  describe("for the card", () => {
    const card = (product: string, memory: string) =>
      proposed(
        gpuNode({
          labels: { ...labels, "nvidia.com/gpu.product": product, "nvidia.com/gpu.memory": memory },
        }),
      );

    it("knows what can be had of it only where that was seen; else the cautious default holds", () => {
      const known = card("NVIDIA-GeForce-RTX-3090", "24576");
      assert.equal(known.changes["gpuNode.card.usableGiB"], 23.69);
      assert.match(known.why("gpuNode.card.usableGiB") ?? "", /vllm issue 10517/);
      const unknown = card("NVIDIA-GeForce-RTX-4090", "24564");
      assert.ok("gpuNode.card.usableGiB" in unknown.changes);
      assert.equal(unknown.changes["gpuNode.card.usableGiB"], undefined);
      assert.match(unknown.why("gpuNode.card.usableGiB") ?? "", /lowest share that was seen of any/);
    });

    it("has the name that nvidia-smi gives, where the list of cards has it", () => {
      assert.equal(
        card("NVIDIA-H100-80GB-HBM3", "81559").changes["gpuNode.card.name"],
        "NVIDIA H100 80GB HBM3",
      );
      assert.equal(card("Tesla-T4-SHARED", "15360").changes["gpuNode.card.name"], "Tesla T4");
    });

    it("is left to the person where labels tell nothing", () => {
      const { changes, reason } = proposed(gpuNode({ labels: { "nvidia.com/gpu": "true" } }));
      assert.deepEqual(changes, { confirmed: ["route.host"] });
      assert.match(reason("gpuNode.card") ?? "", /no such label .*k3s-gpu-worker/);
      assert.match(reason("gpuNode.driver") ?? "", /no such label/);
    });
  });

  describe("for the route", () => {
    it("is none where the cluster cannot have one", () => {
      const { changes, why } = proposed({ hasCertManager: false, hasTraefik: false });
      assert.deepEqual(changes, { "route.enabled": false });
      assert.match(why("route.enabled") ?? "", /no Traefik and no cert-manager/);
    });

    it("is a host beside those that the cluster serves most of", () => {
      const hosts = ["one.lab.example.org", "two.lab.example.org", "other.example.net", "localhost"];
      assert.equal(proposed({ hosts }).changes["route.host"], "vllm.lab.example.org");
      assert.match(proposed({ hosts: ["localhost"] }).reason("route.host") ?? "", /none to guess yours from/);
      const own = { ...settings, route: { ...settings.route, host: "llm.lab.example.org" } };
      assert.deepEqual(proposed({ hosts }, { settings: own }).changes, {});
      assert.deepEqual(proposed({ hosts: [] }, { sandbox: true }).changes, {});
    });

    it("is the one issuer that is ready", () => {
      const issuers = [
        { name: "staging", ready: false },
        { name: "home", ready: true },
      ];
      assert.equal(proposed({ issuers }).changes["route.issuer"], "home");
      assert.equal(
        proposed({ issuers: issuers.slice(0, 1) }).reason("route.issuer"),
        "no ClusterIssuer is ready",
      );
      const many = ["a", "b"].map((name) => ({ name, ready: true }));
      assert.equal(
        proposed({ issuers: many }).reason("route.issuer"),
        "several ClusterIssuers are ready: a, b",
      );
      assert.match(proposed({ issuers: undefined }).reason("route.issuer") ?? "", /may not read/);
    });
  });

  it("for files in a volume is a StorageClass that exists", () => {
    const claim = { size: "50Gi", accessMode: "ReadWriteOnce" as const, storageClass: "nfs" };
    const inVolume = { settings: { ...settings, cache: { claim } } };
    const key = "cache.claim.storageClass";
    assert.equal(proposed({}, inVolume).changes[key], "local-path");
    const two = ["a", "b"].map((name) => ({ name, isDefault: false }));
    assert.match(
      proposed({ storageClasses: two }, inVolume).reason(key) ?? "",
      /has a, b, and none is its default/,
    );
    assert.deepEqual(proposed({ storageClasses: [{ name: "nfs", isDefault: false }] }, inVolume).changes, {
      confirmed: ["route.host"],
    });
  });

  it("for the fallback is the one Service of Ollama", () => {
    const elsewhere = [{ name: "ollama", namespace: "chat", port: 80 }];
    const key = "fallback.ollamaUrl";
    assert.equal(proposed({ ollamas: elsewhere }).changes[key], "http://ollama.chat.svc.cluster.local:80");
    assert.match(proposed({ ollamas: [] }).reason(key) ?? "", /has no Service of Ollama/);
    const two = [...elsewhere, { name: "llm", namespace: "x", port: 11434 }];
    assert.match(proposed({ ollamas: two }).reason(key) ?? "", /several Services look like Ollama/);
    assert.match(proposed({ ollamas: undefined }).reason(key) ?? "", /may not read Services/);
  });
});

describe("the facts of a cluster", () => {
  it("are read from its objects; the platform's own host is none, and a taint of Kubernetes' own neither", async () => {
    const listOf = (...items: object[]) => ({ items });
    const facts = await readClusterFacts(
      apiOf({
        "/api/v1/nodes": listOf({
          metadata: { name: "nuc", labels: { a: "b" } },
          spec: {
            taints: [
              { key: "gpu", effect: "NoSchedule" },
              { key: "node.kubernetes.io/unreachable", effect: "NoExecute" },
            ],
          },
          status: { allocatable: { "nvidia.com/gpu": "2" } },
        }),
        "/apis/traefik.io/v1alpha1/ingressroutes": listOf(
          {
            metadata: { name: "vllm-https", namespace: "ml" },
            spec: { routes: [{ match: "Host(`mine.a.b`)" }] },
          },
          {
            metadata: { name: "x", namespace: "ml" },
            spec: { routes: [{ match: "Host(`x.a.b`) || Host(`y.a.b`)" }] },
          },
        ),
        "/apis/networking.k8s.io/v1/ingresses": listOf({
          metadata: { name: "i" },
          spec: { rules: [{ host: "*.a.b" }, {}] },
        }),
        "/apis/cert-manager.io/v1/certificates": listOf({
          metadata: { name: "c" },
          spec: { dnsNames: ["z.a.b"] },
        }),
        "/api/v1/services": listOf(
          { metadata: { name: "ollama", namespace: "ml" }, spec: { ports: [{ port: 80 }] } },
          { metadata: { name: "other", namespace: "ml" }, spec: { ports: [{ port: 443 }] } },
        ),
        "/apis/traefik.io/v1alpha1": {},
      }),
    );
    assert.deepEqual(facts.nodes, [
      { name: "nuc", labels: { a: "b" }, taints: [{ key: "gpu", effect: "NoSchedule" }], gpus: 2 },
    ]);
    assert.deepEqual(facts.hosts, ["x.a.b", "y.a.b", "z.a.b"]);
    assert.deepEqual(facts.ollamas, [{ name: "ollama", namespace: "ml", port: 80 }]);
    assert.deepEqual([facts.hasTraefik, facts.hasCertManager], [true, false]);
  });

  it("are not known where they may not be read", async () => {
    const forbidden = apiOf(new Proxy({}, { get: () => new ApiError(403, "Forbidden", "no") }));
    const facts = await readClusterFacts(forbidden);
    assert.equal(facts.nodes, undefined);
  });
});
