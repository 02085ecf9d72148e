// Does not prove that a command asks for its mode so; the tests of the commands do.
import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openProject, requireMode } from "../../../operations/project.ts";

describe("a mode of the project", () => {
  const clone = join(import.meta.dirname, "../../..");
  const folder = mkdtempSync(join(tmpdir(), "project-"));
  const open = () => openProject({ VLLM_PLATFORM_PROJECT: folder });

  before(() => {
    for (const file of ["Pulumi.yaml", "Pulumi.ml.yaml", "Pulumi.gaming.yaml"]) {
      copyFileSync(join(clone, file), join(folder, file));
    }
    for (const mode of ["qwen2.5", "My_Mode"]) {
      copyFileSync(join(clone, "Pulumi.ml.yaml"), join(folder, `Pulumi.${mode}.yaml`));
    }
  });

  after(() => rmSync(folder, { recursive: true }));

  it("that has a file under a name that no mode can have is refused by that name", () => {
    const project = open();
    assert.deepEqual(project.modes, ["gaming", "ml"]);
    for (const mode of ["qwen2.5", "My_Mode"]) {
      const says = new RegExp(
        `There is no mode ${mode}\\.\n  Pulumi\\.${mode}\\.yaml \\(found: "${mode}"\\): a mode's name must be at most 63 lower-case letters, digits and '-'.* Rename the file`,
      );
      assert.throws(() => requireMode(project, mode), says);
      assert.throws(() => project.planOf(mode), says);
    }
    assert.throws(
      () => requireMode(project, "ML"),
      /There is no mode ML: \S+ has no file Pulumi\.ML\.yaml\./,
    );
  });

  it("that is not there is told with the setting that asks for it", () => {
    const shared = readFileSync(join(clone, "Pulumi.yaml"), "utf8");
    writeFileSync(
      join(folder, "Pulumi.yaml"),
      shared.replace("defaultMode: { value: ml }", "defaultMode: { value: gone }"),
    );
    const says =
      /Pulumi\.gone\.yaml: the file does not exist, and Pulumi\.yaml names this mode as defaultMode\. Choose one of gaming, ml\b/;
    for (const mode of ["gone", "gaming"]) {
      assert.throws(() => open().planOf(mode), says);
    }
    assert.throws(() => open().planOf("other"), /Pulumi\.other\.yaml: the file does not exist\. Choose/);
  });

  it("is not refused for what a missing Pulumi.yaml would have said", () => {
    rmSync(join(folder, "Pulumi.yaml"));
    assert.throws(() => open().planOf("ml"), {
      message: `There is no project.\n  ${folder}: Pulumi.yaml: the file does not exist, and holds what all modes share. Put it there: \`git checkout -- Pulumi.yaml\` takes back the one that was committed.`,
    });
  });
});
