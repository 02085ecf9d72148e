// Does NOT prove that a port is still free when it is used: a program that is no sandbox can take it meanwhile.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { choosePorts, isFree, portNames, portRange } from "../../../../../lab/sandbox/base/ports.ts";

describe("the sandbox's ports", () => {
  const servers: Server[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => new Promise((closed) => server.close(closed))));
  });

  async function occupy(port: number): Promise<void> {
    const server = createServer().listen({ host: "127.0.0.1", port });
    servers.push(server);
    await once(server, "listening");
  }

  it("are one for each name, all different, free, and in the range that Linux gives to nobody", async () => {
    const ports = await choosePorts();
    assert.deepEqual(Object.keys(ports), [...portNames]);
    assert.equal(new Set(Object.values(ports)).size, portNames.length);
    for (const port of Object.values(ports)) {
      assert.ok(port >= portRange.first && port <= portRange.last, String(port));
      assert.equal(await isFree(port), true);
    }
  });

  it("stay the same where they are free; a taken one is replaced alone", async () => {
    const before = await choosePorts();
    assert.deepEqual(await choosePorts(before), before);
    await occupy(before.etcd);
    assert.equal(await isFree(before.etcd), false);
    const { etcd, ...others } = await choosePorts(before);
    assert.notEqual(etcd, before.etcd);
    assert.deepEqual({ etcd: before.etcd, ...others }, before);
  });

  it("are of no other sandbox that runs, also where it does not listen on them yet", async () => {
    const before = await choosePorts();
    await occupy(before.etcd);
    const taken = new Set(Object.values(before));
    for (let others = 0; others < 300; others++) {
      const found = Object.values(await choosePorts());
      assert.deepEqual(
        found.filter((port) => taken.has(port)),
        [],
      );
    }
  });

  it("are chosen differently by two at the same time", async () => {
    const both = (await Promise.all([choosePorts(), choosePorts()])).flatMap((ports) => Object.values(ports));
    assert.equal(new Set(both).size, 2 * portNames.length);
  });
});
