// Does not prove that an image starts CUDA on a real node, which only a start on it does; the opt-ins and the cure by
// toolkit 1.20 are drawn from NVIDIA's documents and sources and were not tried on a card.
import assert from "node:assert/strict";
import fc from "fast-check";
import { releases, tagOf } from "../../../../stacks/catalogue/images.ts";
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
  const newer = ["v0.9.0", "v0.10.2", "v0.11.0", "v0.11.1", "v0.14.1", "v0.16.0", "v0.19.1"];

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
    assert.deepEqual(outcomes(facts, "v0.11.1", "v0.12.0", "v0.15.1"), ["opt-in", "refused", "refused"]);
    assert.match(judge("v0.15.1", facts).reason, /804/);
    assert.equal(judge("v0.15.1", facts).newestTag, "v0.11.0");
  });

  it("580 runs everything except the tags that are known to be bad", () => {
    const failing = releases.filter(
      (release) => judge(tagOf(release), node("580.95.05", legacy)).outcome !== "runs",
    );
    assert.deepEqual(failing, ["0.15.1", "0.15.0"]);
    assert.equal(judge("v0.15.1", node("580.95.05")).newestTag, "v0.31.0");
    assert.deepEqual(judge("v0.31.0", node("580.95.05")).warnings, []);
  });
});

describe("data-centre cards", () => {
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
    assert.equal(judge("v0.14.1", facts).outcome, "runs");
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
