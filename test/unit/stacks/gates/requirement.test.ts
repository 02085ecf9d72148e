// Does not prove that NVIDIA's runtime reads the condition in the same way; only what its documents say of it.
import assert from "node:assert/strict";
import fc from "fast-check";
import { requirementOf } from "../../../../stacks/catalogue/cuda.ts";
import { type Host, meetsRequirement } from "../../../../stacks/gates/requirement.ts";
import { parseVersion } from "../../../../stacks/vocabulary/version.ts";

const host = (driver: string, cuda: [number, number], ...brands: string[]): Host => ({
  driver: parseVersion(driver) ?? assert.fail(driver),
  cuda: { major: cuda[0], minor: cuda[1] },
  brands,
});

const homeLab = host("535.274.02", [12, 2], "geforce", "geforcertx");

describe("NVIDIA_REQUIRE_CUDA", () => {
  it("is met where one clause holds, and a clause where all its conditions hold", () => {
    const table: [string, boolean][] = [
      ["", true],
      ["cuda>=12.2", true],
      ["cuda>=12.4", false],
      ["cuda>=12.4 brand=geforce,driver>=535,driver<536", true],
      ["cuda>=12.4 brand=geforce,driver>=536,driver<537", false],
      ["cuda>=12.4 brand=tesla,driver>=535,driver<536", false],
      ["cuda<12.4,brand!=tesla", true],
      ["brand=geforce", true],
      ["driver=535.274.02", true],
      ["driver!=535.274.02", false],
      ["cuda>12.2 driver<=535", false],
      ["arch>=8.0", false],
      ["cuda>=abc", false],
    ];
    for (const [requirement, met] of table) {
      assert.equal(meetsRequirement(requirement, homeLab), met, requirement);
    }
  });

  it("of the 12.4 image allows the reference setup's driver by its exception, and no branch between", () => {
    const requirement = requirementOf({ major: 12, minor: 4 });
    assert.ok(meetsRequirement(requirement, homeLab));
    assert.ok(!meetsRequirement(requirement, host("545.23.08", [12, 3], "geforce")));
    assert.ok(meetsRequirement(requirement, host("550.54.14", [12, 4], "geforce")));
    assert.ok(!meetsRequirement(requirementOf({ major: 12, minor: 8 }), homeLab));
    assert.ok(meetsRequirement(requirementOf({ major: 12, minor: 8 }), host("535.1", [12, 2], "tesla")));
  });

  it("answers any text without a throw", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        assert.equal(typeof meetsRequirement(text, homeLab), "boolean");
      }),
    );
  });
});
