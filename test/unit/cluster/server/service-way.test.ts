// Does NOT prove that the pod answers on that port; test/engine goes the way to the server's own.
import assert from "node:assert/strict";
import { ApiError, type ClusterApi } from "../../../../cluster/api/index.ts";
import { wayToService } from "../../../../cluster/server/service-way.ts";

const ready = { conditions: [{ type: "Ready", status: "True" }] };
const pod = (name: string, more: object = {}) => ({
  metadata: { name },
  spec: { containers: [{ ports: [{ name: "http", containerPort: 11_434 }] }] },
  status: ready,
  ...more,
});

function cluster(service: object | undefined, pods: object[]): { api: ClusterApi; asked: string[] } {
  const asked: string[] = [];
  const api = {
    get: async (path: string) => {
      asked.push(path);
      return path.includes("/services/") ? service : { items: pods };
    },
    connect: async (path: string) => {
      asked.push(path);
      throw new Error("not here");
    },
  } as unknown as ClusterApi;
  return { api, asked };
}

const service = (more: object = {}) => ({
  spec: { selector: { app: "ollama" }, ports: [{ port: 11_434, targetPort: "http" }], ...more },
});
const url = "http://ollama.ml.svc.cluster.local:11434";

describe("the way to a Service", () => {
  it("leads to the port of a ready pod, which it may know by name", async () => {
    const { api, asked } = cluster(service(), [
      pod("ending", { metadata: { name: "ending", deletionTimestamp: "now" } }),
      pod("new", { status: {} }),
      pod("right"),
    ]);
    const way = await wayToService(api, url);
    await assert.rejects(way.connect?.() ?? assert.fail());
    assert.deepEqual(asked, [
      "/api/v1/namespaces/ml/services/ollama",
      "/api/v1/namespaces/ml/pods?labelSelector=app%3Dollama",
      "/api/v1/namespaces/ml/pods/right/portforward?ports=11434",
    ]);
  });

  it("is the URL itself where that names no Service", async () => {
    for (const other of [
      "http://192.168.0.7:11434",
      "http://nas:11434",
      "http://nas.local:11434",
      "https://ollama.home.example.org",
    ]) {
      const way = await wayToService(undefined, other);
      assert.deepEqual([way.origin.href, way.connect], [new URL(other).href, undefined]);
    }
  });

  it("is none, with the reason", async () => {
    const cases: [object | undefined, object[], string][] = [
      [undefined, [], "there is no Service ollama in namespace ml"],
      [service({ selector: undefined }), [], "Service ollama has no selector"],
      [service({ ports: [{ port: 80 }] }), [], "Service ollama has no port 11434"],
      [service(), [pod("x", { status: {} })], "no pod of Service ollama in namespace ml is ready"],
    ];
    for (const [found, pods, message] of cases) {
      await assert.rejects(wayToService(cluster(found, pods).api, url), { message });
    }
    await assert.rejects(wayToService(undefined, url), { message: "the cluster is out of reach" });
    const get = async () => Promise.reject(new ApiError(403, "Forbidden", "no"));
    await assert.rejects(wayToService({ get } as unknown as ClusterApi, url), {
      message: "these credentials may not read Service ollama in ml: allow `get` on it",
    });
  });
});
