// Does NOT prove that a real cluster's objects look like this; test/engine/init.test.ts reads a real API server's.

import assert from "node:assert/strict";
import { ApiError } from "../../../../cluster/api/index.ts";
import type { Asked } from "../../../../cluster/requirements/items/proposal.ts";
import { changesOf, propose } from "../../../../cluster/requirements/proposals.ts";
import { apiOf, plan } from "./cases.ts";

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

/** Lists of objects by path; one that may not be read is an error. */
type Objects = Record<string, { items: object[] } | Error | object>;

const listOf = (...items: object[]) => ({ items });
const named = (name: string, more: object = {}) => ({ metadata: { name }, ...more });
const forbidden = new ApiError(403, "Forbidden", "no");

const nodes = "/api/v1/nodes";
const runtimeClasses = "/apis/node.k8s.io/v1/runtimeclasses";
const issuers = "/apis/cert-manager.io/v1/clusterissuers";
const storageClasses = "/apis/storage.k8s.io/v1/storageclasses";
const ingresses = "/apis/networking.k8s.io/v1/ingresses";
const services = "/api/v1/services";

const node = (name: string, more: { labels?: object; taints?: object[]; gpus?: number } = {}) => ({
  metadata: { name, labels: more.labels ?? {} },
  spec: { taints: more.taints ?? [] },
  status: { allocatable: { "nvidia.com/gpu": String(more.gpus ?? 0) } },
});
const issuer = (name: string, ready: boolean) =>
  named(name, { status: { conditions: [{ type: "Ready", status: ready ? "True" : "False" }] } });
const storageClass = (name: string, isDefault = false) => ({
  metadata: { name, annotations: { "storageclass.kubernetes.io/is-default-class": String(isDefault) } },
});
const serving = (...hosts: string[]) =>
  listOf(...hosts.map((host) => named(host, { spec: { rules: [{ host }] } })));
const service = (name: string, namespace: string, port: number) => ({
  metadata: { name, namespace },
  spec: { ports: [{ port }] },
});

const gpuTaint = { key: "gpu", value: "true", effect: "NoSchedule" };
const gpuWorker = node("k3s-gpu-worker", { labels, taints: [gpuTaint], gpus: 1 });

/** The reference setup's cluster. */
const home: Objects = {
  [nodes]: listOf(node("k3s-worker-02"), gpuWorker),
  [runtimeClasses]: listOf(named("nvidia", { handler: "nvidia" })),
  [issuers]: listOf(issuer("letsencrypt-prod", true)),
  "/apis/traefik.io/v1alpha1": { resources: [{ name: "ingressroutes" }, { name: "middlewares" }] },
  "/apis/cert-manager.io/v1": { resources: [{ name: "certificates" }, { name: "clusterissuers" }] },
  [storageClasses]: listOf(storageClass("local-path", true)),
  [ingresses]: serving("ollama.home.jetzinger.com"),
  [services]: listOf(service("ollama", "ml", 11434), service("other", "ml", 443)),
};

/** What stands in the file of another home, and no cluster tells: it goes, so that nobody is let in and nothing believed by it. */
const unbelieved = ["gpuNode.toolkit", "access.namespaces"];

async function proposed(objects: Objects, asked: Partial<Asked> = {}) {
  const question: Asked = { settings, given: {}, isNew: true, ...asked };
  const { wanted, byHand } = await propose(apiOf({ ...home, ...objects }), question);
  const changes = changesOf(wanted, question.settings, { ...question.settings });
  const all = changes.map(({ path, value }) => [path.join("."), value] as const);
  return {
    /** Those that are left out of every file of the reference setup's. */
    leftOut: all.map(([key]) => key).filter((key) => unbelieved.includes(key)),
    changes: Object.fromEntries(all.filter(([key]) => !unbelieved.includes(key))),
    why: (key: string) => changes.find(({ path }) => path.join(".") === key)?.why,
    byHand: byHand.map(({ key }) => key),
    reason: (key: string) => byHand.find((one) => one.key === key)?.why,
  };
}

const gpuNode = (more: Parameters<typeof node>[1], name = "k3s-gpu-worker") => ({
  [nodes]: listOf(node(name, { labels, gpus: 1, ...more })),
});

describe("what gpu-mode init proposes", () => {
  it("for the reference setup is only what no cluster tells, as its other hosts show the host to be its own", async () => {
    const { changes, leftOut, byHand } = await proposed({});
    assert.deepEqual(changes, {});
    assert.deepEqual(leftOut, unbelieved);
    assert.deepEqual((await proposed({}, { isNew: false })).leftOut, []);
    assert.deepEqual(byHand, ["gpuNode.card.desktopMiB", "gpuNode.toolkit", "access.namespaces"]);
  });

  it("names what only the reference setup lets in, and only where the file is not yet of a cluster", async () => {
    const { reason } = await proposed({});
    assert.match(reason("access.namespaces") ?? "", /^the file let in apps, docs, monitoring, which are/);
    assert.ok(!(await proposed({}, { isNew: false })).byHand.includes("access.namespaces"));
  });

  it("leaves no compute capability of another card beside the name of this one", async () => {
    const { "nvidia.com/gpu.compute.major": _, ...others } = labels;
    const { changes, byHand } = await proposed(gpuNode({ labels: others }));
    assert.ok("gpuNode.card.computeCapability" in changes);
    assert.equal(changes["gpuNode.card.computeCapability"], undefined);
    assert.ok(byHand.includes("gpuNode.card.computeCapability"));
  });

  describe("for the node", () => {
    it("is the label that it carries, its taint, and its name", async () => {
      const taints = [
        { key: "dedicated", value: "gpu", effect: "NoExecute" },
        { key: "node.kubernetes.io/unreachable", effect: "NoExecute" },
      ];
      const { "nvidia.com/gpu": _, ...others } = labels;
      assert.deepEqual((await proposed(gpuNode({ labels: others, taints }, "nuc"))).changes, {
        "gpuNode.name": "nuc",
        "gpuNode.selector": { "nvidia.com/gpu.present": "true" },
        "gpuNode.taint.key": "dedicated",
        "gpuNode.taint.value": "gpu",
        "gpuNode.taint.effect": "NoExecute",
      });
      const bare = { "kubernetes.io/hostname": "nuc" };
      assert.deepEqual((await proposed(gpuNode({ labels: bare }))).changes["gpuNode.selector"], bare);
    });

    it("asks for one of several, or of several taints", async () => {
      const two = { [nodes]: listOf(gpuWorker, node("second", { labels, gpus: 2 })) };
      assert.equal(
        (await proposed(two)).reason("gpuNode"),
        "several nodes have a GPU: k3s-gpu-worker, second",
      );
      assert.equal((await proposed(two, { given: { node: "second" } })).changes["gpuNode.name"], "second");
      await assert.rejects(
        proposed(two, { given: { node: "third" } }),
        /--node \(found: "third"\): no node with a GPU has this name\. Name one of k3s-gpu-worker, second\.$/,
      );
      await assert.rejects(
        proposed({ [nodes]: listOf(node("plain", { labels: {}, gpus: 0 })) }, { given: { node: "plain" } }),
        /--node \(found: "plain"\): no node has a GPU\. Prepare it as docs\/gpu-node\.md tells/,
      );
      assert.match(
        (await proposed({ [nodes]: forbidden }, { given: { node: "third" } })).reason("gpuNode") ?? "",
        /may not read nodes/,
      );
      const taints = ["a", "b"].map((key) => ({ key, effect: "NoSchedule" }));
      assert.match(
        (await proposed(gpuNode({ taints }))).reason("gpuNode.taint") ?? "",
        /several taints \(a, b\)/,
      );
    });

    it("says where there is none, and where nodes may not be read", async () => {
      assert.match((await proposed({ [nodes]: listOf() })).reason("gpuNode") ?? "", /no node offers a GPU/);
      assert.match((await proposed({ [nodes]: forbidden })).reason("gpuNode") ?? "", /may not read nodes/);
    });

    it("takes another RuntimeClass of NVIDIA's, or says that there is none", async () => {
      const other = listOf(named("gpu", { handler: "nvidia-cdi" }));
      assert.equal((await proposed({ [runtimeClasses]: other })).changes["gpuNode.runtimeClass"], "gpu");
      assert.ok((await proposed({ [runtimeClasses]: listOf() })).byHand.includes("gpuNode.runtimeClass"));
    });
  });

  describe("for the card", () => {
    const card = (product: string, memory: string) =>
      proposed(
        gpuNode({
          labels: { ...labels, "nvidia.com/gpu.product": product, "nvidia.com/gpu.memory": memory },
        }),
      );

    it("knows what can be had of it only where that was seen; else the cautious default holds", async () => {
      const known = await card("NVIDIA-GeForce-RTX-3090", "24576");
      assert.equal(known.changes["gpuNode.card.usableGiB"], 23.69);
      assert.match(known.why("gpuNode.card.usableGiB") ?? "", /vllm issue 10517/);
      const unknown = await card("NVIDIA-GeForce-RTX-4090", "24564");
      assert.ok("gpuNode.card.usableGiB" in unknown.changes);
      assert.equal(unknown.changes["gpuNode.card.usableGiB"], undefined);
      assert.match(unknown.why("gpuNode.card.usableGiB") ?? "", /memoryMiB less what drivers reserve/);
    });

    it("has the name that nvidia-smi gives, where the list of cards has it", async () => {
      assert.equal(
        (await card("NVIDIA-H100-80GB-HBM3", "81559")).changes["gpuNode.card.name"],
        "NVIDIA H100 80GB HBM3",
      );
      assert.equal((await card("Tesla-T4-SHARED", "15360")).changes["gpuNode.card.name"], "Tesla T4");
    });

    it("is left to the person where labels tell nothing; the reference setup's is not kept", async () => {
      const silent = gpuNode({ labels: { "nvidia.com/gpu": "true" } });
      const { changes, reason } = await proposed(silent);
      assert.deepEqual(changes, { "gpuNode.card": undefined, "gpuNode.driver": undefined });
      assert.match(reason("gpuNode.card") ?? "", /no such label .*k3s-gpu-worker/);
      assert.match(reason("gpuNode.driver") ?? "", /no such label/);
      assert.deepEqual((await proposed(silent, { isNew: false })).changes, {}, "it is the person's own");
    });
  });

  describe("for the route", () => {
    it("is none where the cluster cannot have one", async () => {
      const without = { "/apis/traefik.io/v1alpha1": {}, "/apis/cert-manager.io/v1": {} };
      const { changes, why } = await proposed(without);
      assert.deepEqual(changes, { "route.enabled": false });
      assert.match(why("route.enabled") ?? "", /no Traefik and no cert-manager/);
    });

    it("is a host beside those that the cluster serves most of", async () => {
      const hosts = ["one.lab.example.org", "two.lab.example.org", "other.example.net", "localhost", "*.a.b"];
      const other = { [ingresses]: serving(...hosts) };
      assert.equal((await proposed(other)).changes["route.host"], "vllm.lab.example.org");
      assert.deepEqual((await proposed(other, { isNew: false })).changes, {}, "it is the person's own");
    });

    it("is no host of the reference setup's where there is none to guess from", async () => {
      const none = { [ingresses]: serving("localhost") };
      const { changes, reason } = await proposed(none);
      assert.deepEqual(changes, { "route.host": undefined });
      assert.match(reason("route.host") ?? "", /no host to guess yours from/);
      const given = { given: { host: "llm.example.org" } };
      assert.deepEqual((await proposed(none, given)).changes, { "route.host": "llm.example.org" });
    });

    it("is guessed from routes and certificates, too, but not from the platform's own", async () => {
      const route = (name: string, match: string) => ({
        metadata: { name, namespace: "ml" },
        spec: { routes: [{ match }] },
      });
      const own = { "/apis/traefik.io/v1alpha1/ingressroutes": listOf(route("vllm-https", "Host(`a.b.c`)")) };
      const bare = { [ingresses]: listOf() };
      assert.deepEqual((await proposed({ ...bare, ...own })).changes, { "route.host": undefined });
      const others = listOf(route("x", "Host(`x.a.b`) || Host(`y.a.b`)"));
      assert.equal(
        (await proposed({ ...bare, "/apis/traefik.io/v1alpha1/ingressroutes": others })).changes[
          "route.host"
        ],
        "vllm.a.b",
      );
      const certificates = listOf(named("c", { spec: { dnsNames: ["z.a.b"] } }));
      assert.equal(
        (await proposed({ ...bare, "/apis/cert-manager.io/v1/certificates": certificates })).changes[
          "route.host"
        ],
        "vllm.a.b",
      );
    });

    it("is the one issuer that is ready", async () => {
      const two = listOf(issuer("staging", false), issuer("home", true));
      assert.equal((await proposed({ [issuers]: two })).changes["route.issuer"], "home");
      assert.equal(
        (await proposed({ [issuers]: listOf(issuer("staging", false)) })).reason("route.issuer"),
        "no ClusterIssuer is ready",
      );
      const many = listOf(issuer("a", true), issuer("b", true));
      assert.equal(
        (await proposed({ [issuers]: many })).reason("route.issuer"),
        "several ClusterIssuers are ready: a, b",
      );
      assert.match((await proposed({ [issuers]: forbidden })).reason("route.issuer") ?? "", /may not read/);
    });
  });

  it("for files in a volume is a StorageClass that exists", async () => {
    const claim = { size: "50Gi", accessMode: "ReadWriteOnce" as const, storageClass: "nfs" };
    const inVolume = { settings: { ...settings, cache: { claim } } };
    const key = "cache.claim.storageClass";
    assert.equal((await proposed({}, inVolume)).changes[key], "local-path");
    const two = { [storageClasses]: listOf(storageClass("a"), storageClass("b")) };
    assert.match((await proposed(two, inVolume)).reason(key) ?? "", /has a, b, and none is its default/);
    const nfs = { [storageClasses]: listOf(storageClass("nfs")) };
    assert.deepEqual((await proposed(nfs, inVolume)).changes, {});
  });

  it("for the fallback is the one Service of Ollama", async () => {
    const elsewhere = service("ollama", "chat", 80);
    const key = "fallback.ollamaUrl";
    assert.equal(
      (await proposed({ [services]: listOf(elsewhere) })).changes[key],
      "http://ollama.chat.svc.cluster.local:80",
    );
    assert.match((await proposed({ [services]: listOf() })).reason(key) ?? "", /has no Service of Ollama/);
    const two = listOf(elsewhere, service("llm", "x", 11434));
    assert.match(
      (await proposed({ [services]: two })).reason(key) ?? "",
      /several Services look like Ollama/,
    );
    assert.match((await proposed({ [services]: forbidden })).reason(key) ?? "", /may not read Services/);
  });

  it("leaves out only what the file says", () => {
    const wanted = [{ path: ["gpuNode", "card"] as [string, string], value: undefined, why: "" }];
    assert.deepEqual(changesOf(wanted, settings, {}), []);
    const card = { name: "x" };
    assert.deepEqual(changesOf(wanted, settings, { gpuNode: { card } }), [{ ...wanted[0], from: card }]);
  });

  it("come from nothing where a needed value is not written, and from the default where one is left out", () => {
    const name = { path: ["gpuNode", "name"] as [string, ...string[]], value: "nuc", why: "" };
    const issuer = { path: ["route", "issuer"] as [string, ...string[]], value: "own", why: "" };
    assert.deepEqual(
      changesOf([name, issuer], settings, {}).map(({ from }) => from),
      [undefined, settings.route.issuer],
    );
  });
});
