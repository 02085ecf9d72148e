// Does not prove that an API server refuses an outdated write, nor that a killed program stops renewing; the engine tests do that.

import assert from "node:assert/strict";
import { mock } from "node:test";
import { ApiError, type ClusterApi, UnreachableError } from "../../../../cluster/api/index.ts";
import { holdLease } from "../../../../cluster/lease/hold.ts";
import {
  acquireLease,
  type Held,
  isInterruptible,
  leaseVariable,
  lookEveryMs,
  noticesWithinMs,
  renewEveryMs,
  shareLease,
  silentWithinMs,
  whoIsAtWork,
} from "../../../../cluster/lease/index.ts";
import type { LeaseClocks } from "../../../../cluster/lease/lease-object.ts";
import { leaseSeconds } from "../../../../cluster/lease/lease-object.ts";
import { stopsWithinMs } from "../../../../cluster/lease/taking.ts";
import { hasEnded, ownProcess } from "../../../../system/own-process.ts";
import { noProcess } from "../../../support/no-process.ts";

interface Stored {
  metadata: { resourceVersion: string; annotations?: Record<string, string> };
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
  interrupted: () => assert.fail(),
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
    const [table] = (ownProcess() ?? assert.fail()).split("/");
    for (const [name, seconds] of [
      [`${table}/${noProcess}`, 0],
      [`${table}/${process.pid}`, leaseSeconds],
      [`0123456789abcdef/${noProcess}`, leaseSeconds],
    ] as const) {
      cluster.elapsed = 0;
      cluster.lease = undefined;
      await acquireLease(cluster.api, { ...options(cluster, "a", () => {}), process: name });
      const held = await acquireLease(cluster.api, { ...options(cluster, "b"), hasEnded });
      assert.equal(cluster.elapsed, seconds * 1000, name);
      await held.release();
    }
    // A process that another holder has left in the Lease says nothing of this one.
    cluster.elapsed = 0;
    cluster.lease = undefined;
    await acquireLease(cluster.api, { ...options(cluster, "a", () => {}), process: `${table}/${noProcess}` });
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

  it("is given back also where somebody writes into it at that moment", async () => {
    const cluster = new Cluster();
    const held = await acquireLease(cluster.api, options(cluster, "a"));
    cluster.renewBy("a");
    await held.release();
    assert.equal(cluster.lease?.spec.holderIdentity, "");
  });

  describe("for one who frees the GPU", () => {
    // A holder looks by the real timer, which only `look` moves.
    beforeEach(() => mock.timers.enable({ apis: ["setInterval"] }));
    afterEach(() => mock.timers.reset());

    const look = async (): Promise<void> => {
      mock.timers.tick(lookEveryMs);
      await new Promise((wake) => setTimeout(wake));
    };
    const freeing = (cluster: Cluster, holder: string) => ({ ...options(cluster, holder), frees: true });

    /** While somebody sleeps, holders look as often as they do. */
    function holdersLook(cluster: Cluster): void {
      cluster.clocks.sleep = async (milliseconds) => {
        const before = Math.floor(cluster.elapsed / lookEveryMs);
        cluster.elapsed += milliseconds;
        for (let due = Math.floor(cluster.elapsed / lookEveryMs) - before; due > 0; due -= 1) await look();
      };
    }

    /** A holder that stops when it is asked to. By whom it was asked. */
    async function politeHolder(cluster: Cluster): Promise<string[]> {
      const asked: string[] = [];
      const held = await acquireLease(cluster.api, {
        ...options(cluster, "gpu-mode ml on nuc"),
        interrupted: (by) => {
          asked.push(by);
          void held.release();
        },
      });
      return asked;
    }

    it("comes as soon as the holder has stopped, who is told by whom", async () => {
      const cluster = new Cluster();
      holdersLook(cluster);
      const asked = await politeHolder(cluster);
      const held = await acquireLease(cluster.api, freeing(cluster, "gpu-mode gaming on sofa"));
      assert.deepEqual(asked, ["gpu-mode gaming on sofa"]);
      assert.equal(
        said.at(-1),
        "Interrupting gpu-mode ml on nuc since 2026-01-01T00:00:00Z, as the GPU is to be freed.",
      );
      assert.equal(cluster.elapsed, lookEveryMs);
      assert.equal(cluster.lease?.spec.holderIdentity, "gpu-mode gaming on sofa");
      // The request was made to the former holder, and ends with it.
      assert.equal("vllm-platform/interrupt" in (cluster.lease?.metadata.annotations ?? {}), false);
      await held.release();
    });

    it("is asked for again where the holder writes at the same moment", async () => {
      const cluster = new Cluster();
      holdersLook(cluster);
      const asked = await politeHolder(cluster);
      const { replace } = cluster.api;
      let writes = 0;
      cluster.api.replace = (path, body) => {
        writes += 1;
        if (writes === 1) cluster.renewBy("gpu-mode ml on nuc");
        return replace(path, body);
      };
      await (await acquireLease(cluster.api, freeing(cluster, "gpu-mode gaming"))).release();
      assert.deepEqual(asked, ["gpu-mode gaming"]);
    });

    it("is taken from a living holder that does not stop, who has time to notice it", async () => {
      const cluster = new Cluster();
      holdersLook(cluster);
      const lost: string[] = [];
      await acquireLease(cluster.api, {
        ...options(cluster, "hangs", (text) => lost.push(text)),
        interrupted: () => {},
      });
      const held = await acquireLease(cluster.api, freeing(cluster, "gpu-mode gaming"));
      assert.match(
        said.at(-1) ?? "",
        /^hangs since \S+ has not stopped within 10 s: its Lease is taken from it\.$/,
      );
      assert.equal(cluster.elapsed, stopsWithinMs + noticesWithinMs);
      assert.match(lost.join(), /taken over: gpu-mode gaming since/);
      assert.equal(cluster.lease?.spec.holderIdentity, "gpu-mode gaming");
      await held.release();
    });

    it("is not asked for from one who frees it too: that one is waited for or refused as any other", async () => {
      const cluster = new Cluster();
      const first = await acquireLease(cluster.api, freeing(cluster, "gpu-mode gaming on nuc"));
      assert.equal(await isInterruptible(cluster.api, {}), false);
      cluster.meanwhile = () => cluster.renewBy("gpu-mode gaming on nuc");
      await assert.rejects(
        acquireLease(cluster.api, freeing(cluster, "gpu-mode gaming on sofa")),
        /Another update is under way; nothing was changed\./,
      );
      await first.release();
      // What it has left there says nothing of the next holder.
      const second = await acquireLease(cluster.api, options(cluster, "gpu-mode ml"));
      assert.equal(await isInterruptible(cluster.api, {}), true);
      await second.release();
      assert.equal(await isInterruptible(cluster.api, {}), false);
    });
  });

  it("is a program's own where the variable that names a holder is empty", async () => {
    const saved = process.env[leaseVariable];
    process.env[leaseVariable] = "";
    try {
      const cluster = new Cluster();
      const held = await holdLease(cluster.api, { ...options(cluster, ""), command: "pulumi up -s ml" });
      assert.match(held.holder, /^pulumi up -s ml on \S+ \(process \d+\)$/);
      assert.equal(cluster.lease?.spec.holderIdentity, held.holder);
      await held.release();
    } finally {
      if (saved === undefined) delete process.env[leaseVariable];
      else process.env[leaseVariable] = saved;
    }
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

  describe("that cannot be renewed", () => {
    beforeEach(() => mock.timers.enable({ apis: ["setInterval"] }));
    afterEach(() => mock.timers.reset());

    /** Lets time pass for a holder, look by look. */
    async function pass(cluster: Cluster, milliseconds: number): Promise<void> {
      for (const until = cluster.elapsed + milliseconds; cluster.elapsed < until; ) {
        cluster.elapsed += lookEveryMs;
        mock.timers.tick(lookEveryMs);
        await new Promise((wake) => setTimeout(wake));
      }
    }
    const holding = async (): Promise<{ cluster: Cluster; lost: [string, boolean][]; held: Held }> => {
      const cluster = new Cluster();
      const lost: [string, boolean][] = [];
      const held = await acquireLease(cluster.api, {
        ...options(cluster, "a"),
        lost: (text, silent) => lost.push([text, silent]),
      });
      return { cluster, lost, held };
    };

    it("counts as lost before another one may take it, and that is told once", async () => {
      const { cluster, lost, held } = await holding();
      await pass(cluster, 60_000);
      assert.deepEqual(lost, []);
      cluster.reachable = false;
      await pass(cluster, leaseSeconds * 1000 - lookEveryMs);
      assert.deepEqual(lost, [
        ["The cluster's Lease could not be renewed for 17 s, and another update may take it over", true],
      ]);
      await held.release();
      await pass(cluster, 60_000);
      assert.equal(lost.length, 1);
    });

    it("is kept while an API server is silent for 10 s, whenever that begins", async () => {
      for (let offset = 0; offset <= renewEveryMs; offset += lookEveryMs) {
        const { cluster, lost, held } = await holding();
        await pass(cluster, renewEveryMs + offset);
        cluster.reachable = false;
        await pass(cluster, 10_000);
        cluster.reachable = true;
        await pass(cluster, renewEveryMs);
        assert.deepEqual(lost, [], `${offset} ms after it was renewed`);
        await held.release();
      }
    });

    it("counts as lost also while a request hangs, and after the process was stopped for a while", async () => {
      const { cluster, lost, held } = await holding();
      cluster.api.replace = () => new Promise(() => {});
      await pass(cluster, silentWithinMs + renewEveryMs);
      assert.equal(lost.length, 1);
      const other = await holding();
      other.cluster.elapsed += 60_000;
      await pass(other.cluster, lookEveryMs);
      assert.match(other.lost.join(), /could not be renewed for 61 s/);
      await other.held.release();
      assert.notEqual(held.holder, "");
    });
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
