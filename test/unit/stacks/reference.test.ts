// Does not prove that an editor shows what the schemas say; only that they are current and accept the shipped files.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { z } from "zod";
import { listModes } from "../../../stacks/index.ts";
import { generatedFiles } from "../../../stacks/reference/index.ts";
import { modeFileSchema, projectFileSchema } from "../../../stacks/reference/json-schema.ts";
import { type Described, describedAt } from "../../../stacks/settings/described.ts";
import { secretNames, settingsSchema } from "../../../stacks/settings/index.ts";
import { settingsOf } from "./support.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const read = (path: string) => readFileSync(join(root, path), "utf8");

/** Every setting that is no group, by its dotted name. */
const isSecret = (name: string): boolean => (secretNames as readonly string[]).includes(name);

function leaves(group = describedAt([]), above: string[] = []): [path: string[], setting: Described][] {
  return Object.entries(group?.properties ?? {}).flatMap(([name, setting]) => {
    const path = [...above, name];
    return setting.properties === undefined || isSecret(name)
      ? [[path, setting] as [string[], Described]]
      : leaves(setting, path);
  });
}

describe("the reference of the settings", () => {
  for (const [path, content] of Object.entries(generatedFiles())) {
    it(`is current in ${path}`, () => {
      assert.ok(
        read(path) === content,
        `${path} is out of date: run \`npm run generate\` and commit what it writes`,
      );
    });
  }

  it("describes every setting, with an example and a default that are allowed", () => {
    for (const [path, { description = "", examples = [], default: standard }] of leaves()) {
      const name = path.join(".");
      assert.match(description, /^\S.*\.$/, name);
      assert.equal(examples.length, isSecret(name) ? 0 : 1, name);
      for (const value of [...examples, standard].filter((one) => one !== undefined)) {
        const values = path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
        const issues = settingsSchema.safeParse(values).error?.issues ?? [];
        const about = issues.filter((issue) => path.every((key, place) => issue.path[place] === key));
        assert.deepEqual(about, [], `${name}: ${JSON.stringify(value)}`);
      }
    }
  });

  it("says of every setting without a default what holds where it is unset, or that it is needed", () => {
    for (const [path, { description = "", default: standard }] of leaves()) {
      const isRequired = describedAt(path.slice(0, -1))?.required?.includes(path.at(-1) ?? "");
      if (isRequired !== true && standard === undefined) {
        assert.match(description, /Unset: |Needed/, path.join("."));
      }
    }
  });
});

describe("the editors' schemas", () => {
  const mode = z.fromJSONSchema(modeFileSchema() as never);
  const project = z.fromJSONSchema(projectFileSchema() as never);
  const config = (values: Record<string, unknown>) => ({
    config: Object.fromEntries(Object.entries(values).map(([key, value]) => [`vllm-platform:${key}`, value])),
  });

  it("are named by the first line of each shipped file, and accept it", () => {
    for (const [file, schema, path] of [
      ["Pulumi.yaml", project, "docs/schema/project.schema.json"] as const,
      ...listModes(root).map(
        (name) => [`Pulumi.${name}.yaml`, mode, "docs/schema/mode.schema.json"] as const,
      ),
    ]) {
      assert.equal(read(file).split("\n")[0], `# yaml-language-server: $schema=${path}`);
      const { error } = schema.safeParse(parse(read(file)));
      assert.equal(error, undefined, file);
    }
  });

  it("accept what Pulumi writes", () => {
    const written = {
      ...config({ maxModelLen: "4096", serve: "false", huggingFaceToken: { secure: "v1:x" } }),
      encryptionsalt: "v1:x",
    };
    assert.equal(mode.safeParse(written).error, undefined);
    assert.equal(mode.safeParse({ config: { "pulumi:tags": { a: "b" } } }).error, undefined);
  });

  it("refuse what the loader refuses", () => {
    const refused: Record<string, unknown>[] = [
      { maxModelLenn: 4096 },
      { maxModelLen: 5 },
      { serve: "maybe" },
      { huggingFaceToken: "hf_x" },
      { route: { host: "A b" } },
      { image: { pullPolicy: "always" } },
    ];
    for (const values of refused) {
      assert.ok(!mode.safeParse(config(values)).success, JSON.stringify(values));
    }
    assert.ok(
      !project.safeParse({ name: "x", runtime: "nodejs", ...config({ route: { host: "x" } }) }).success,
    );
  });

  it("read numbers where the settings do", () => {
    const values = { resources: { cpuLimit: 4 }, image: { cuda: 12.4 } };
    assert.equal(mode.safeParse(config(values)).error, undefined);
    const { resources, image } = settingsOf({ ...values, image: { ...values.image, tag: "v0.8.5" } });
    assert.deepEqual([resources.cpuLimit, image.cuda], ["4", "12.4"]);
  });
});
