// Does NOT prove that an API server accepts the objects, nor that `pulumi up` sends the same: the engine tests do that.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { renderMode } from "../../../cli/render.ts";
import { manifestsYaml } from "../../../components/manifest-yaml.ts";
import { listModes } from "../../../stacks/index.ts";

const project = join(import.meta.dirname, "../../..");
const golden = join(project, "test/golden");

describe("the rendered YAML", () => {
  for (const mode of listModes(project)) {
    it(`of ${mode} is what test/golden holds`, async () => {
      const file = join(golden, `${mode}.yaml`);
      const renew = `npm run render -- ${mode} test/golden`;
      assert.ok(existsSync(file), `${file} is missing: ${renew}`);
      assert.equal(await renderMode(mode), readFileSync(file, "utf8"), `if that is meant: ${renew}`);
    });
  }

  it("has a golden file for no other mode", () => {
    assert.deepEqual(
      readdirSync(golden).sort(),
      listModes(project).map((mode) => `${mode}.yaml`),
    );
  });

  it("is the same, in whatever order an object lists its fields", () => {
    const one = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "a", namespace: "b" },
      spec: { x: 1, y: [2, 1] },
    };
    const other = {
      spec: { y: [2, 1], x: 1 },
      metadata: { namespace: "b", name: "a" },
      kind: "Service",
      apiVersion: "v1",
    };
    assert.equal(manifestsYaml([one], "t"), manifestsYaml([other], "t"));
    const turned = { ...one, spec: { x: 1, y: [1, 2] } };
    assert.notEqual(manifestsYaml([one], "t"), manifestsYaml([turned], "t"));
  });

  it("says of a Secret without values that they are withheld", () => {
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "s" } };
    const text = manifestsYaml([secret], "t");
    assert.match(text, /^# Its values are withheld/m);
    assert.deepEqual(parseAllDocuments(text).at(-1)?.toJS(), secret);
  });
});
