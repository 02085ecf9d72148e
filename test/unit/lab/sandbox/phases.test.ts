// Does NOT prove what the phases do; start.test.ts runs them, and test/faults kills them.
import assert from "node:assert/strict";
import {
  clusterParts,
  nodeParts,
  type Phase,
  phasesFor,
  pulumiParts,
  runPhases,
  type StartContext,
} from "../../../../lab/sandbox/phases.ts";
import type { GpuNode } from "../../../../lab/sandbox/simulation/index.ts";
import { everydayParts } from "../../../../lab/toolchain/base/parts.ts";
import { Folder } from "./fixtures.ts";

describe("the phases of npm start", () => {
  let folder: Folder;
  let abort: AbortController;
  let context: StartContext;
  const steps: { title: string; next: string | undefined; usual: number | undefined }[] = [];
  beforeEach(() => {
    folder = new Folder();
    abort = new AbortController();
    steps.length = 0;
    const progress: StartContext["progress"] = {
      say() {},
      step(title, { next, usual }, run) {
        steps.push({ title, next, usual });
        return run(() => {});
      },
    };
    context = { paths: folder.paths, mode: "ml", progress, signal: abort.signal };
  });
  afterEach(() => folder.remove());

  const phase = (name: string, needs: string[], run: Phase["run"] = async () => {}): Phase => ({
    name,
    title: `title of ${name}`,
    needs,
    usual: 1,
    run,
  });

  for (const gpuNode of ["simulated", "real"] as const) {
    it(`need only phases that stand before them, and have names and titles of their own, with a ${gpuNode} GPU node`, () => {
      const phases = phasesFor(gpuNode);
      const before = new Set<string>();
      for (const { name, needs } of phases) {
        for (const needed of needs) assert.ok(before.has(needed), `${name} needs ${needed}`);
        before.add(name);
      }
      assert.equal(new Set(phases.map(({ title }) => title)).size, phases.length);
      assert.equal(before.size, phases.length);
    });
  }

  it("bring no mode up before a real GPU node is there, and fetch its parts only where it is asked for", () => {
    const needs = (gpuNode: GpuNode) => phasesFor(gpuNode).find(({ name }) => name === "up")?.needs;
    assert.ok(needs("real")?.includes("node"));
    assert.equal(needs("simulated")?.includes("node"), false);
    const fetched = (gpuNode: GpuNode) => new Set(phasesFor(gpuNode).flatMap(({ fetches = [] }) => fetches));
    const simulated = fetched("simulated");
    const more = [...fetched("real")].filter((name) => !simulated.has(name));
    assert.deepEqual(more.sort(), [...nodeParts].sort());
  });

  it("fetch every part of the toolchain that is not brought on demand, those of the cluster first", () => {
    const fetched = phasesFor("simulated").flatMap(({ fetches }) => (fetches === undefined ? [] : [fetches]));
    assert.deepEqual(fetched[0], clusterParts);
    assert.deepEqual([...(fetched.at(-1) ?? [])].sort(), everydayParts.map(({ name }) => name).sort());
    assert.equal(
      clusterParts.some((name) => pulumiParts.includes(name)),
      false,
    );
  });

  it("run as soon as what they need is over, not before", async () => {
    const order: string[] = [];
    const noted = (name: string, needs: string[], until?: Promise<void>): Phase =>
      phase(name, needs, async () => {
        order.push(`${name} begins`);
        await until;
        order.push(`${name} ends`);
      });
    let letGo = () => {};
    const slow = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const list = [
      noted("slow", [], slow),
      noted("quick", []),
      phase("after-quick", ["quick"], async () => {
        order.push("after-quick");
        letGo();
      }),
      phase("last", ["slow", "after-quick"], async () => void order.push("last")),
    ];
    await runPhases(context, abort, list);
    assert.deepEqual(order, [
      "slow begins",
      "quick begins",
      "quick ends",
      "after-quick",
      "slow ends",
      "last",
    ]);
    assert.deepEqual(
      steps.map(({ title, next }) => [title, next]),
      [
        ["title of slow", "title of last"],
        ["title of quick", "title of after-quick"],
        ["title of after-quick", "title of last"],
        ["title of last", undefined],
      ],
    );
  });

  it("end with the first failure, which the others are told and which alone is handed on", async () => {
    const why = new Error("why");
    let told: unknown;
    const list = [
      phase(
        "waits",
        [],
        ({ signal }) =>
          new Promise((_, reject) => {
            signal.addEventListener("abort", () => {
              told = signal.reason;
              reject(new Error("a consequence"));
            });
          }),
      ),
      phase("fails", [], async () => {
        throw why;
      }),
      phase("never", ["fails"], async () => assert.fail("it ran")),
    ];
    await assert.rejects(runPhases(context, abort, list), why);
    assert.equal(told, why);
    assert.deepEqual(
      steps.map(({ title }) => title),
      ["title of waits", "title of fails"],
    );
  });

  it("promise no time while parts are missing", async () => {
    const saved = process.env.VLLM_PLATFORM_CACHE;
    process.env.VLLM_PLATFORM_CACHE = folder.dir;
    try {
      await runPhases(context, abort, [{ ...phase("fetch", []), fetches: ["etcd"] }, phase("other", [])]);
    } finally {
      if (saved === undefined) delete process.env.VLLM_PLATFORM_CACHE;
      else process.env.VLLM_PLATFORM_CACHE = saved;
    }
    assert.deepEqual(
      steps.map(({ usual }) => usual),
      [undefined, 1],
    );
  });
});
