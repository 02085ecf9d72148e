// Does NOT prove that a cluster turns endpoints unready as a pod does: the engine tests take a pod away.
import assert from "node:assert/strict";
import { ApiError, type ClusterApi } from "../../../../cluster/api/index.ts";
import { readyEndpoints } from "../../../../cluster/readiness/endpoints.ts";

const answering = (get: ClusterApi["get"]): ClusterApi => ({ get }) as unknown as ClusterApi;

describe("the endpoints of the Service", () => {
  it("count over all slices, and one of which nothing is said is ready", async () => {
    const items = [
      { endpoints: [{ conditions: { ready: true } }, { conditions: { ready: false } }, {}] },
      { endpoints: null },
      {},
      { endpoints: [{ conditions: {} }] },
    ];
    let asked = "";
    const get = async (path: string) => {
      asked = path;
      return { items };
    };
    assert.equal(await readyEndpoints(answering(get as ClusterApi["get"])), 3);
    assert.match(
      asked,
      /\/namespaces\/ml\/endpointslices\?labelSelector=kubernetes\.io%2Fservice-name%3Dvllm-api$/,
    );
  });

  it("that may not be looked at say which right is missing", async () => {
    const get = async () => Promise.reject(new ApiError(403, "Forbidden", "no"));
    await assert.rejects(readyEndpoints(answering(get)), {
      message:
        "these credentials may not list EndpointSlices in ml: allow `list` on endpointslices.discovery.k8s.io",
    });
  });
});
