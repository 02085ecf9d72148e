// Does not prove that the right thing is refused; only that any input ends in faults that help, or in a plan.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { knownAnyway } from "../../../stacks/files/known-anyway.ts";
import { outcome } from "./any-input.ts";
import { planTexts, servedModel } from "./support.ts";

const ml = `config: { vllm-platform:model: ${servedModel} }`;

describe("any texts of files", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      "config:",
      "\n  vllm-platform:",
      "model: ",
      "route: ",
      "serve: ",
      "cluster: ",
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

  it("as texts of the files ends in faults or in a plan", () => {
    fc.assert(
      fc.property(text, text, fc.string(), (project, own, mode) => {
        outcome(() => planTexts("ml", project, { ml: own }));
        outcome(() => planTexts(mode, project, { [mode]: ml, ml }));
      }),
      { numRuns: 300 },
    );
  });

  it("as texts of the files leaves known what frees the GPU", () => {
    const folder = mkdtempSync(join(tmpdir(), "vllm-platform-texts-"));
    try {
      fc.assert(
        fc.property(text, text, (project, own) => {
          writeFileSync(join(folder, "Pulumi.yaml"), project);
          writeFileSync(join(folder, "Pulumi.gaming.yaml"), own);
          knownAnyway(folder, "gaming");
        }),
        { numRuns: 300 },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
