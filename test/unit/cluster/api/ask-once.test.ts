// Does NOT prove how many requests an update takes in all: it proves that one look asks for nothing twice.
import assert from "node:assert/strict";
import { askingOnce } from "../../../../cluster/api/ask-once.ts";
import type { ClusterApi } from "../../../../cluster/api/index.ts";

describe("access that asks once", () => {
  it("gives everybody the one answer, an error too, and writes as ever", async () => {
    const asked: string[] = [];
    const api = {
      server: "https://cluster",
      get: async (path: string) => {
        asked.push(path);
        if (path === "/broken") throw new Error("no");
        return { path };
      },
      create: async () => "created",
    } as unknown as ClusterApi;
    const once = askingOnce(api);
    assert.deepEqual(await Promise.all([once.get("/a"), once.get("/b"), once.get("/a")]), [
      { path: "/a" },
      { path: "/b" },
      { path: "/a" },
    ]);
    await assert.rejects(once.get("/broken"), /no/);
    await assert.rejects(once.get("/broken"), /no/);
    assert.deepEqual(asked, ["/a", "/b", "/broken"]);
    assert.equal(await once.create("/a", {}), "created");
  });
});
