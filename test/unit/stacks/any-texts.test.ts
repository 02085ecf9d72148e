// Does not prove that the right thing is refused; only that any input ends in faults that help, or in a plan.
import fc from "fast-check";
import { outcome } from "./any-input.ts";
import { planTexts, servedModel } from "./support.ts";

const ml = `config: { vllm-platform:model: ${servedModel} }`;

describe("any texts of files", () => {
  it("as texts of the files ends in faults or in a plan", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "config:",
        "\n  vllm-platform:",
        "model: ",
        "route: ",
        "&a ",
        "*a",
        "{",
        "}",
        "[",
        "]",
        "- ",
        "\n",
        "!!binary ",
        "? ",
        "<<: ",
      ),
      fc.string({ maxLength: 8 }),
    );
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join("")),
    );
    fc.assert(
      fc.property(text, text, fc.string(), (project, own, mode) => {
        outcome(() => planTexts("ml", project, { ml: own }));
        outcome(() => planTexts(mode, project, { [mode]: ml, ml }));
      }),
      { numRuns: 300 },
    );
  });
});
