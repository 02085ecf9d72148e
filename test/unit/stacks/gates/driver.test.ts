// Does not prove that an image starts CUDA on a real node, which only a start on it does; the opt-ins and the cure by
// toolkit 1.20 are drawn from NVIDIA's documents and sources and were not tried on a card.
import assert from "node:assert/strict";
import fc from "fast-check";
import { releases, tagOf } from "../../../../stacks/catalogue/releases.ts";
import {
  type DriverOutcome,
  driverLines,
  judgeDriver,
  type NodeFacts,
  type Toolkit,
} from "../../../../stacks/gates/index.ts";

const file = "Pulumi.yaml";
const card = { name: "NVIDIA GeForce RTX 3060" };
const legacy: Toolkit = { version: "1.18.1", mode: "legacy" };
const cdi: Toolkit = { version: "1.18.1", mode: "cdi" };

const node = (version: string, toolkit?: Toolkit, name = card.name): NodeFacts => ({
  name: "k3s-gpu-worker",
  driver: { version },
  card: { name },
  ...(toolkit === undefined ? {} : { toolkit }),
});

const judge = (tag: string, facts: NodeFacts, optedIn = false) =>
  judgeDriver({ repository: "vllm/vllm-openai", tag }, facts, file, optedIn);

const outcomes = (facts: NodeFacts, ...tags: string[]): DriverOutcome[] =>
  tags.map((tag) => judge(tag, facts).outcome);

describe("driver 535.274.02 with a GeForce card", () => {
  const old = ["v0.4.3", "v0.5.5", "v0.7.3", "v0.8.5.post1"];
  const newer = ["v0.9.0", "v0.10.2", "v0.11.0", "v0.17.0", "v0.19.1"];

  for (const toolkit of [undefined, legacy, cdi]) {
    it(`runs images up to v0.8.5.post1 (toolkit ${JSON.stringify(toolkit)})`, () => {
      const facts = node("535.274.02", toolkit);
      assert.deepEqual(new Set(outcomes(facts, ...old)), new Set(["runs"]));
      assert.equal(judge("v0.19.1", facts).newestTag, "v0.8.5.post1");
    });
  }

  it("runs 0.9 to 0.19 in legacy mode only with the check and the compatibility libraries off", () => {
    const facts = node("535.274.02", legacy);
    assert.deepEqual(new Set(outcomes(facts, ...newer)), new Set(["opt-in"]));
    const { optIn, reason, faults } = judge("v0.11.0", facts);
    assert.deepEqual(optIn?.environment, { NVIDIA_DISABLE_REQUIRE: "1" });
    assert.match(optIn?.node.join() ?? "", /cuda-compat-mode = "disabled"/);
    assert.match(reason, /NVIDIA_REQUIRE_CUDA wants cuda>=12\.8.*Error 804/);
    assert.equal(faults.length, 1);
    assert.deepEqual(judge("v0.11.0", facts, true).faults, []);
  });

  it("runs 0.9 to 0.19 by CDI only with the compatibility libraries off: else Error 804", () => {
    const facts = node("535.274.02", cdi);
    assert.deepEqual(new Set(outcomes(facts, ...newer)), new Set(["opt-in"]));
    const { optIn, reason } = judge("v0.11.0", facts);
    assert.deepEqual(optIn?.environment, {});
    assert.match(optIn?.node.join() ?? "", /disable-cuda-compat-lib-hook/);
    assert.match(reason, /Error 804/);
    assert.doesNotMatch(reason, /NVIDIA_REQUIRE_CUDA/);
  });

  it("never runs 0.20 and later, except the cu129 variants by opting in", () => {
    for (const toolkit of [legacy, cdi, { version: "1.20.0", mode: "cdi" } as const]) {
      const facts = node("535.274.02", toolkit);
      assert.deepEqual(outcomes(facts, "v0.20.0", "v0.31.0"), ["refused", "refused"]);
      assert.match(judge("v0.20.0", facts).reason, /needs driver 580 or newer/);
    }
    assert.deepEqual(outcomes(node("535.274.02", legacy), "v0.20.0-cu129", "v0.31.0-cu129"), [
      "opt-in",
      "opt-in",
    ]);
  });

  it("warns of toolkits that may prefer the image's libraries, without refusing, and not of those that do not", () => {
    const warned = (version: string) =>
      judge("v0.8.5.post1", node("535.274.02", { version, mode: "legacy" })).warnings;
    for (const version of ["1.17.3", "1.17.5", "1.18.1", "1.19.9"]) {
      assert.match(
        warned(version).join(),
        /first start on this node, or before it with smokeTest: true$/,
        version,
      );
    }
    for (const version of ["1.17.4", "1.20.0", "1.21.1"]) {
      assert.deepEqual(warned(version), [], version);
    }
    assert.equal(judge("v0.11.0", node("535.274.02", { version: "1.20.0", mode: "cdi" })).outcome, "runs");
    assert.deepEqual(
      judge("v0.11.0", node("535.274.02", { version: "1.20.0", mode: "legacy" })).optIn?.node,
      [],
    );
  });
});

describe("a driver whose newest image is too old for the platform", () => {
  it("is not told to take that image", () => {
    // Branch 530 has CUDA 12.1, and is in no list of the 12.4 images.
    const facts = node("530.41.03", legacy);
    assert.deepEqual(outcomes(facts, "v0.4.2", "v0.5.5"), ["runs", "opt-in"]);
    const { newestTag, fix } = judge("v0.8.5.post1", facts);
    assert.equal(newestTag, undefined);
    assert.doesNotMatch(fix ?? "", /newest image/);
  });
});

describe("newer drivers with a GeForce card", () => {
  it("570 runs 0.9 to 0.11.0; 0.12.0 and 0.15.1 were tried there and failed", () => {
    const facts = node("570.195.03", legacy);
    assert.deepEqual(outcomes(facts, "v0.8.5.post1", "v0.9.0", "v0.10.2", "v0.11.0"), Array(4).fill("runs"));
    assert.deepEqual(outcomes(facts, "v0.11.1", "v0.12.0", "v0.15.1"), ["refused", "refused", "refused"]);
    assert.equal(outcomes(facts, "v0.17.0")[0], "opt-in");
    assert.match(judge("v0.15.1", facts).reason, /804/);
    assert.equal(judge("v0.15.1", facts).newestTag, "v0.11.0");
  });

  it("580 runs everything except the tags that are known to be bad", () => {
    const failing = releases.filter(
      (release) => judge(tagOf(release), node("580.95.05", legacy)).outcome !== "runs",
    );
    assert.deepEqual(failing, ["0.16.0", "0.15.1", "0.15.0"]);
    assert.equal(judge("v0.15.1", node("580.95.05")).newestTag, "v0.33.0");
    assert.deepEqual(judge("v0.33.0", node("580.95.05")).warnings, []);
  });

  it("595 and 610 have CUDA 13.2 and 13.3, and one that is newer than the table is a guess that is told", () => {
    const own = { repository: "my-server", tag: "latest", version: "0.33.0", cuda: "13.2" };
    assert.equal(judgeDriver(own, node("580.95.05", legacy), file).outcome, "opt-in");
    for (const version of ["595.71.05", "610.43.02", "615.10"]) {
      assert.deepEqual(judgeDriver(own, node(version, legacy), file).warnings, [], version);
      assert.equal(judgeDriver(own, node(version, legacy), file).outcome, "runs", version);
    }
    const { reason, warnings } = judgeDriver({ ...own, cuda: "13.6" }, node("640.10", legacy), file);
    assert.match(reason, /CUDA 13\.4/);
    assert.match(warnings.join(), /newer than this table; .* Set gpuNode\.driver\.cuda/);
    const told = { ...node("640.10", legacy), driver: { version: "640.10", cuda: "13.6" } };
    assert.deepEqual(judgeDriver({ ...own, cuda: "13.6" }, told, file).warnings, []);
  });
});

describe("cards of other generations", () => {
  const with_ = (driver: string, name: string, computeCapability: number): NodeFacts => ({
    ...node(driver, legacy),
    card: { name, computeCapability },
  });
  // Public reports: vllm 18995, 16652, 18916, 20748, 21633 (Blackwell); PR 39878 (V100); 19542, 8626 (Pascal).
  const table: [name: string, capability: number, driver: string, tag: string, outcome: DriverOutcome][] = [
    ["NVIDIA GeForce RTX 5090", 12, "570.133.20", "v0.8.5.post1", "no-kernels"],
    ["NVIDIA GeForce RTX 5090", 12, "570.133.20", "v0.9.0", "no-kernels"],
    ["NVIDIA GeForce RTX 5070 Ti", 12, "575.64", "v0.9.2", "runs"],
    ["NVIDIA GeForce RTX 5070 Ti", 12, "575.64", "v0.10.0", "no-kernels"],
    ["NVIDIA GeForce RTX 5070 Ti", 12, "575.64", "v0.10.1", "runs"],
    ["NVIDIA GeForce RTX 5090", 12, "580.95.05", "v0.33.0", "runs"],
    ["NVIDIA GeForce RTX 4090", 8.9, "580.95.05", "v0.8.5.post1", "runs"],
    ["NVIDIA GeForce RTX 3060", 8.6, "570.133.20", "v0.9.0", "runs"],
    ["Tesla V100-SXM2-16GB", 7, "580.95.05", "v0.19.1", "runs"],
    ["Tesla V100-SXM2-16GB", 7, "580.95.05", "v0.20.0", "no-kernels"],
    ["Tesla V100-SXM2-16GB", 7, "580.95.05", "v0.20.0-cu129", "no-kernels"],
    ["Tesla T4", 7.5, "580.95.05", "v0.33.0", "runs"],
    ["NVIDIA GeForce GTX 1080 Ti", 6.1, "580.95.05", "v0.9.1", "no-kernels"],
    ["Tesla P100-PCIE-16GB", 6, "580.95.05", "v0.6.1", "no-kernels"],
    ["Tesla V100-SXM2-16GB", 7, "595.71.05", "v0.19.1", "refused"],
    ["NVIDIA GeForce RTX 5090", 12, "535.274.02", "v0.8.5.post1", "no-kernels"],
    // A newer release than the table may have what the older ones lack.
    ["NVIDIA GeForce RTX 6090", 13, "615.10", "v0.99.0", "runs"],
  ];
  for (const [name, capability, driver, tag, outcome] of table) {
    it(`${tag} on ${name}, driver ${driver}: ${outcome}`, () => {
      assert.equal(judge(tag, with_(driver, name, capability)).outcome, outcome);
    });
  }

  it("are told what to take instead", () => {
    const fixOf = (tag: string, facts: NodeFacts) => judge(tag, facts).fix;
    const rtx5090 = (driver: string) => with_(driver, "NVIDIA GeForce RTX 5090", 12);
    assert.equal(
      fixOf("v0.8.5.post1", rtx5090("570.133.20")),
      "Take the newest image that runs here, v0.11.0",
    );
    assert.equal(
      fixOf("v0.8.5.post1", rtx5090("535.274.02")),
      "Install driver 570 or newer, and take the newest image that runs on 570, v0.11.0",
    );
    const v100 = (driver: string) => with_(driver, "Tesla V100-SXM2-16GB", 7);
    assert.equal(fixOf("v0.33.0", v100("580.95.05")), "Take the newest image that runs here, v0.19.1");
    assert.equal(
      fixOf("v0.33.0", v100("595.71.05")),
      "Install driver 580, and take the newest image that runs on 580, v0.19.1",
    );
    assert.equal(
      fixOf("v0.9.1", with_("580.95.05", "NVIDIA GeForce GTX 1080 Ti", 6.1)),
      "Take another card: no image of vLLM has kernels for this one",
    );
  });

  it("are told why, driver and image at once", () => {
    const { reason, faults } = judge("v0.8.5.post1", with_("535.274.02", "NVIDIA GeForce RTX 5090", 12));
    assert.equal(
      reason,
      "driver 535.274.02 does not know NVIDIA GeForce RTX 5090 (compute capability 12.0), which needs branch 570 or newer; " +
        "and the image of vLLM 0.8.5.post1 has no kernels for NVIDIA GeForce RTX 5090 (compute capability 12.0), only for 7.0, 7.5, 8.0, 8.6, 8.9, 9.0",
    );
    assert.equal(faults.length, 1);
  });
});

describe("data-centre cards", () => {
  it("run images whose compatibility libraries stop a GeForce card", () => {
    const outcome = (name: string) => judge("v0.12.0", node("570.195.03", legacy, name)).outcome;
    assert.deepEqual([outcome("Tesla T4"), outcome(card.name)], ["runs", "refused"]);
  });

  it("run a newer CUDA by forward compatibility, on the branches that NVIDIA lists", () => {
    const tesla = (version: string) => judge("v0.20.0", node(version, legacy, "Tesla T4")).outcome;
    // 545 is newer than 535, and yet not among them.
    assert.deepEqual(
      [tesla("535.274.02"), tesla("545.23.08"), tesla("580.95.05")],
      ["runs", "refused", "runs"],
    );
  });

  it("are not what a workstation card is, though the image's requirement names both", () => {
    assert.equal(judge("v0.20.0", node("535.274.02", legacy, "Quadro RTX 6000")).outcome, "refused");
  });
});

describe("the driver gate", () => {
  const tags = fc.constantFrom(...releases.map(tagOf), "v0.20.0-cu129", "v0.31.0-cu129", "v0.40.0");
  const toolkits = fc.record(
    {
      version: fc.constantFrom("1.14.0", "1.17.4", "1.17.5", "1.18.1", "1.20.0"),
      mode: fc.constantFrom("legacy" as const, "cdi" as const),
    },
    { requiredKeys: [] },
  );
  const drivers = fc.tuple(fc.integer({ min: 400, max: 620 }), fc.nat(300), fc.nat(9));

  // Not so for data-centre cards: see above.
  it("never turns from `runs` to `does not run` with a newer driver, nor from an opt-in", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(
        tags,
        toolkits,
        drivers,
        drivers,
        fc.constantFrom(card.name, "NVIDIA TITAN RTX", "?"),
        (tag, toolkit, a, b, name) => {
          const [older = a, newer = b] = [a, b].sort((x, y) => x[0] - y[0] || x[1] - y[1] || x[2] - y[2]);
          const before = judge(tag, node(older.join("."), toolkit, name)).outcome;
          const after = judge(tag, node(newer.join("."), toolkit, name)).outcome;
          seen.add(`${before} ${after}`);
          assert.ok(
            before === "refused" || after !== "refused",
            `${tag} ${older} ${newer}: ${before}, ${after}`,
          );
        },
      ),
      { numRuns: 500 },
    );
    for (const pair of ["refused refused", "refused runs", "runs runs"]) {
      assert.ok(seen.has(pair), [...seen].join());
    }
  });

  it("answers any text with a verdict or a fault, never with a throw", () => {
    const text = fc.oneof(fc.string(), fc.constantFrom("535.274.02", "12.2", "v0.8.5.post1", "1.18.1", "13"));
    fc.assert(
      fc.property(
        fc.record(
          { repository: text, tag: text, version: text, cuda: text },
          { requiredKeys: ["repository", "tag"] },
        ),
        fc.record({ version: text, cuda: text }, { requiredKeys: ["version"] }),
        text,
        text,
        (image, driver, name, version) => {
          const verdict = judgeDriver(image, { driver, card: { name }, toolkit: { version } }, file);
          assert.equal(verdict.faults.length === 0, verdict.outcome === "runs");
          assert.ok(verdict.faults.every(({ problem, fix }) => problem !== "" && fix !== ""));
          assert.ok(driverLines(verdict).length >= 2);
          assert.deepEqual(JSON.parse(JSON.stringify(verdict)), verdict);
        },
      ),
    );
  });

  it("names all that it cannot read at once", () => {
    const { outcome, faults } = judge("latest", { driver: { version: "none" }, card });
    assert.equal(outcome, "unknown");
    assert.deepEqual(
      faults.map(({ key, found }) => [key, found]),
      [
        ["gpuNode.driver.version", "none"],
        ["image", "vllm/vllm-openai:latest"],
      ],
    );
    assert.equal(
      judge("v0.5.5", { driver: { version: "535.1", cuda: "?" }, card }).faults[0]?.key,
      "gpuNode.driver.cuda",
    );
  });

  it("judges an image that it does not know by the numbers of the stack file", () => {
    const image = { repository: "my-server", tag: "latest", version: "0.11.0", cuda: "12.8" };
    assert.equal(judgeDriver(image, node("570.195.03"), file).outcome, "runs");
    assert.equal(judgeDriver({ ...image, cuda: "14.0" }, node("580.95.05"), file).outcome, "refused");
  });

  it("takes the CUDA that the driver reports before what its branch usually brings", () => {
    const facts = { driver: { version: "570.195.03", cuda: "12.9" }, card };
    assert.equal(judge("v0.17.0", facts).outcome, "runs");
  });

  it("gives its verdict in lines", () => {
    assert.deepEqual(driverLines(judge("v0.20.0", node("535.274.02", legacy))), [
      "driver: vLLM 0.20.0 on CUDA 13.0 does not run",
      "  driver 535.274.02 (CUDA 12.2) is too old for the image's CUDA 13.0, which needs driver 580 or newer; " +
        "NVIDIA GeForce RTX 3060 has no forward compatibility for it",
      "  to fix: Install driver 580 or newer, or take the newest image that runs here, v0.8.5.post1",
      "  newest image that runs here: v0.8.5.post1",
    ]);
  });
});
