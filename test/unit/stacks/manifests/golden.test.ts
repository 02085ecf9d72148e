// Does NOT prove that an API server accepts the objects, nor that `pulumi up` sends the same: the engine tests do that.
import assert from "node:assert/strict";
import { appendFileSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { parseAllDocuments } from "yaml";
import { renderMode } from "../../../../operations/render.ts";
import { listModes, planFromFiles } from "../../../../stacks/index.ts";
import { type Manifest, manifestsOf } from "../../../../stacks/manifests/index.ts";
import { manifestsYaml } from "../../../../stacks/manifests/yaml.ts";
import { everythingProject } from "../support.ts";

const project = join(import.meta.dirname, "../../../..");
const golden = join(project, "test/golden");

describe("the rendered YAML", () => {
  const rendered = [
    ...listModes(project).map((mode) => ({ mode, folder: project, environment: "" })),
    {
      mode: "everything",
      folder: everythingProject,
      environment: `VLLM_PLATFORM_PROJECT=${relative(project, everythingProject)} `,
    },
  ];
  for (const { mode, folder, environment } of rendered) {
    it(`of ${mode} is what test/golden holds`, () => {
      const file = join(golden, `${mode}.yaml`);
      const renew = `${environment}npm run render -- ${mode} test/golden`;
      assert.ok(existsSync(file), `${file} is missing: ${renew}`);
      assert.equal(renderMode(folder, mode), readFileSync(file, "utf8"), `if that is meant: ${renew}`);
    });
  }

  it("has a golden file for no other mode", () => {
    assert.deepEqual(readdirSync(golden).sort(), rendered.map(({ mode }) => `${mode}.yaml`).sort());
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

  it("has the Secrets of the options without their values, and with them only where they are given", () => {
    const folder = mkdtempSync(join(tmpdir(), "render-"));
    for (const file of ["Pulumi.yaml", "Pulumi.ml.yaml"]) {
      cpSync(join(project, file), join(folder, file));
    }
    appendFileSync(
      join(folder, "Pulumi.ml.yaml"),
      "  vllm-platform:apiKey: true\n  vllm-platform:huggingFaceToken: { secure: v1:unreadable }\n",
    );
    const plan = planFromFiles(folder, "ml");
    const text = renderMode(folder, "ml");
    rmSync(folder, { recursive: true });
    // An annotation of the pods that is not there is nobody's change; one over no values would start the server anew.
    assert.doesNotMatch(text, /checksum/);
    const secretsIn = (manifests: Manifest[]) =>
      manifests.filter(({ kind }) => kind === "Secret").map(({ metadata, data }) => [metadata.name, data]);
    assert.deepEqual(secretsIn(manifestsOf(plan)), [
      ["vllm-api-key", undefined],
      ["vllm-hugging-face", undefined],
    ]);
    const secrets = { "vllm-api-key": { "api-key": "a2V5" }, "vllm-hugging-face": { token: "dG9rZW4=" } };
    assert.deepEqual(secretsIn(manifestsOf(plan, { secrets })), Object.entries(secrets));
  });

  it("has nothing that takes others along, and nothing that only Pulumi reads", () => {
    const text = renderMode(project, "ml");
    const manifests = parseAllDocuments(text).map((document) => document.toJS() as Manifest);
    assert.ok(manifests.length > 5);
    assert.ok(manifests.every(({ kind }) => kind !== "Namespace"));
    assert.doesNotMatch(text, /pulumi\.com\//);
  });

  it("says of a Secret without values that they are withheld", () => {
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "s" } };
    const text = manifestsYaml([secret], "t");
    assert.match(text, /^# Its values are withheld/m);
    assert.deepEqual(parseAllDocuments(text).at(-1)?.toJS(), secret);
  });
});
