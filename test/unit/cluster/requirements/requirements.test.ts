// Does NOT prove that a real API server answers with such objects; test/engine/doctor.test.ts asks one.
import assert from "node:assert/strict";
import { UnreachableError } from "../../../../cluster/api/index.ts";
import { checkCluster } from "../../../../cluster/requirements/index.ts";
import { apiOf, clusterCases, paths, plan } from "./cases.ts";

describe("the check of the cluster", () => {
  for (const { about, plan: asked, objects, rules, ...expected } of clusterCases) {
    it(`${expected.item} is ${expected.state}: ${about}`, async () => {
      const findings = await checkCluster(asked, apiOf(objects, rules));
      assert.deepEqual(
        findings.find(({ item }) => item === expected.item),
        expected,
      );
    });
  }

  it("warns where nobody looks at the API server's certificate, and says nothing where somebody does", async () => {
    const of = async (isUnverified: boolean) =>
      (await checkCluster(plan, { ...apiOf({}), isUnverified })).find(({ item }) => item === "connection");
    assert.equal(await of(false), undefined);
    const { state, found } = (await of(true)) ?? assert.fail();
    assert.equal(state, "warning");
    assert.match(found, /certificate of https:\/\/cluster not looked at \(insecure-skip-tls-verify\)/);
  });

  it("names only what the plan has to do with", async () => {
    const items = async (change: object) =>
      (await checkCluster({ ...plan, ...change }, apiOf({}))).map(({ item }) => item);
    const all = await items({});
    assert.deepEqual(
      all.filter((item) => item === "StorageClass"),
      [],
      "a folder of the node needs no class",
    );
    const { route: _, ...closed } = plan;
    const withoutRoute = (await checkCluster(closed, apiOf({}))).map(({ item }) => item);
    assert.deepEqual(
      all.filter((item) => !withoutRoute.includes(item)),
      [
        "Traefik",
        "cert-manager",
        "ClusterIssuer",
        "TLS Secret",
        "certificate",
        "way in",
        "client addresses",
        "openness",
      ],
    );
    const withoutServer = await items({ serves: false });
    assert.deepEqual(
      all.filter((item) => !withoutServer.includes(item)),
      ["RuntimeClass", "Pod Security", "openness", "vLLM's version"],
    );
  });

  it("asks for each object once, and is an error where the cluster does not answer", async () => {
    const asked: string[] = [];
    const api = apiOf({});
    const counting = {
      ...api,
      get: (path: string) => {
        asked.push(path);
        return api.get(path);
      },
    } as typeof api;
    await checkCluster(plan, counting);
    assert.equal(new Set(asked).size, asked.length);
    const away = apiOf({ [paths.servers]: new UnreachableError("no answer") });
    await assert.rejects(checkCluster(plan, away), UnreachableError);
  });
});
