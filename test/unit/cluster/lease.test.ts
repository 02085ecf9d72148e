// Does not prove that an API server refuses an outdated write, nor that a killed program stops renewing; the engine tests do that.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { ApiError, type ClusterApi, UnreachableError } from "../../../cluster/api.ts";
import {
  acquireLease,
  type LeaseClocks,
  leaseSeconds,
  shareLease,
  whoIsAtWork,
} from "../../../cluster/lease.ts";
import { hasEnded, ownProcess } from "../../../cluster/own-process.ts";

interface Stored {
  metadata: { resourceVersion: string };
  spec: { holderIdentity: string; leaseTransitions: number; renewTime: string; [field: string]: unknown };
}

/** An API server that holds one Lease, and a clock that only sleeping moves. */
class Cluster {
  lease: Stored | undefined;
  elapsed = 0;
  reachable = true;
  /** Whether a Lease that is there may be written. */
  renewable = true;
  /** What others do while someone sleeps. */
  meanwhile: () => void = () => {};
  private version = 0;

  readonly clocks: LeaseClocks = {
    now: () => new Date("2026-01-01T00:00:00.000Z"),
    monotonic: () => this.elapsed,
    sleep: async (milliseconds) => {
      this.elapsed += milliseconds;
      this.meanwhile();
    },
  };

  readonly api = {
    server: "https://cluster",
    get: async () => this.answer(() => this.lease && structuredClone(this.lease)),
    create: async (_path: string, body: object) =>
      this.answer(() => {
        if (this.lease !== undefined) throw new ApiError(409, "AlreadyExists", "it exists");
        return this.write(body as Stored);
      }),
    replace: async (_path: string, body: object) =>
      this.answer(() => {
        if (!this.renewable) throw new ApiError(403, "Forbidden", "leases is forbidden");
        if ((body as Stored).metadata.resourceVersion !== this.lease?.metadata.resourceVersion) {
          throw new ApiError(409, "Conflict", "it has changed");
        }
        return this.write(body as Stored);
      }),
    patch: () => assert.fail(),
    remove: () => assert.fail(),
  } as unknown as ClusterApi;

  write(body: Stored): Stored {
    this.version += 1;
    this.lease = structuredClone({
      ...body,
      metadata: { ...body.metadata, resourceVersion: String(this.version) },
    });
    return structuredClone(this.lease);
  }

  renewBy(holderIdentity: string): void {
    if (this.lease !== undefined) this.write({ ...this.lease, spec: { ...this.lease.spec, holderIdentity } });
  }

  private answer<T>(give: () => T): T {
    if (!this.reachable) throw new UnreachableError("it is off");
    return give();
  }
}

const said: string[] = [];
const options = (cluster: Cluster, holder: string, lost: (text: string) => void = () => assert.fail()) => ({
  holder,
  waiting: (text: string) => said.push(text),
  lost,
  clocks: cluster.clocks,
});

describe("the Lease", () => {
  it("is taken where there is none, given back, and taken again at once", async () => {
    const cluster = new Cluster();
    const first = await acquireLease(cluster.api, options(cluster, "a"));
    assert.equal(cluster.lease?.spec.holderIdentity, "a");
    await first.release();
    assert.equal(cluster.lease?.spec.holderIdentity, "");
    const second = await acquireLease(cluster.api, options(cluster, "b"));
    assert.equal(cluster.lease?.spec.holderIdentity, "b");
    assert.equal(cluster.lease?.spec.leaseTransitions, 1);
    assert.equal(cluster.elapsed, 0);
    await second.release();
  });

  it("is refused while its holder renews it, whatever the clocks say", async () => {
    const cluster = new Cluster();
    const held = await acquireLease(cluster.api, options(cluster, "a since yesterday"));
    cluster.meanwhile = () => cluster.elapsed >= 3000 && cluster.renewBy("a since yesterday");
    await assert.rejects(
      acquireLease(cluster.api, options(cluster, "b")),
      /Another update is under way; nothing was changed\.\n.*Lease default\/vllm-platform: a since yesterday since 2026-01-01T00:00:00Z/,
    );
    assert.match(said.at(-1) ?? "", /Another update holds the cluster's Lease: a since yesterday/);
    await held.release();
  });

  it("is taken over from a holder that does not renew it, after its whole time", async () => {
    const cluster = new Cluster();
    cluster.write({
      metadata: { resourceVersion: "" },
      spec: { holderIdentity: "killed", leaseTransitions: 0, renewTime: "2099-01-01T00:00:00Z" },
    });
    const held = await acquireLease(cluster.api, options(cluster, "b"));
    assert.equal(cluster.lease?.spec.holderIdentity, "b");
    assert.equal(cluster.elapsed, leaseSeconds * 1000);
    await held.release();
  });

  it("is taken over at once from a process that is known to have ended", async () => {
    const cluster = new Cluster();
    const gone = spawnSync(process.execPath, ["-e", ""]).pid;
    const [table] = (ownProcess() ?? assert.fail()).split("/");
    for (const [name, seconds] of [
      [`${table}/${gone}`, 0],
      [`${table}/${process.pid}`, leaseSeconds],
      [`0123456789abcdef/${gone}`, leaseSeconds],
    ] as const) {
      cluster.elapsed = 0;
      cluster.lease = undefined;
      await acquireLease(cluster.api, { ...options(cluster, "a"), process: name });
      const held = await acquireLease(cluster.api, { ...options(cluster, "b"), hasEnded });
      assert.equal(cluster.elapsed, seconds * 1000, name);
      await held.release();
    }
    // A process that another holder has left in the Lease says nothing of this one.
    cluster.elapsed = 0;
    cluster.lease = undefined;
    await acquireLease(cluster.api, { ...options(cluster, "a"), process: `${table}/${gone}` });
    cluster.renewBy("another");
    await (await acquireLease(cluster.api, { ...options(cluster, "b"), hasEnded })).release();
    assert.equal(cluster.elapsed, leaseSeconds * 1000);
  });

  it("is not respected longer than our own time, whatever the holder has written", async () => {
    const cluster = new Cluster();
    cluster.write({
      metadata: { resourceVersion: "" },
      spec: { holderIdentity: "x", leaseTransitions: 0, renewTime: "", leaseDurationSeconds: 86_400 },
    });
    await (await acquireLease(cluster.api, options(cluster, "b"))).release();
    assert.equal(cluster.elapsed, leaseSeconds * 1000);
  });

  it("goes to one of two who want it at the same moment", async () => {
    const cluster = new Cluster();
    const results = await Promise.allSettled([
      acquireLease(cluster.api, options(cluster, "a")),
      (async () => {
        cluster.meanwhile = () => cluster.renewBy("a");
        return acquireLease(cluster.api, options(cluster, "b"));
      })(),
    ]);
    assert.deepEqual(results.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    for (const result of results) if (result.status === "fulfilled") await result.value.release();
  });

  it("is shared by a program that its holder starts, and only while it is the holder's", async () => {
    const cluster = new Cluster();
    const held = await acquireLease(cluster.api, options(cluster, "cli"));
    assert.equal((await shareLease(cluster.api, "cli")).holder, "cli");
    cluster.renewBy("other");
    await assert.rejects(shareLease(cluster.api, "cli"), /has lost its Lease/);
    await held.release().catch(() => {});
  });

  it("tells its holder when another one has taken it over, also at the release", async () => {
    const cluster = new Cluster();
    const lost: string[] = [];
    const held = await acquireLease(
      cluster.api,
      options(cluster, "a", (text) => lost.push(text)),
    );
    cluster.renewBy("b");
    await held.release();
    assert.match(lost.join(), /taken over: b since/);
    assert.equal(cluster.lease?.spec.holderIdentity, "b");
  });

  it("is given back without a word where the cluster is gone", async () => {
    const cluster = new Cluster();
    const held = await acquireLease(cluster.api, options(cluster, "a"));
    cluster.reachable = false;
    await held.release();
    assert.equal(cluster.lease?.spec.holderIdentity, "a");
  });

  it("is left to expire without a word where it may not be given back", async () => {
    const cluster = new Cluster();
    const held = await acquireLease(cluster.api, options(cluster, "a"));
    cluster.renewable = false;
    await held.release();
    assert.equal(cluster.lease?.spec.holderIdentity, "a");
  });

  it("shows who is at work, and nobody where the holder is dead or there is none", async () => {
    const cluster = new Cluster();
    assert.equal(await whoIsAtWork(cluster.api, { clocks: cluster.clocks }), undefined);
    const held = await acquireLease(cluster.api, options(cluster, "a"));
    assert.equal(await whoIsAtWork(cluster.api, { clocks: cluster.clocks }), undefined);
    cluster.meanwhile = () => cluster.renewBy("a");
    assert.equal(await whoIsAtWork(cluster.api, { clocks: cluster.clocks }), "a since 2026-01-01T00:00:00Z");
    assert.equal(await whoIsAtWork(cluster.api, { clocks: cluster.clocks, self: "a" }), undefined);
    cluster.meanwhile = () => {};
    await held.release();
    assert.equal(await whoIsAtWork(cluster.api, { clocks: cluster.clocks }), undefined);
  });
});
