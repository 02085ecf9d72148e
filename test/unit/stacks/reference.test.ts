// Does not prove that an editor shows what the schemas say; only that they are current and accept the shipped files.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { globalRegistry, z } from "zod";
import { listModes } from "../../../stacks/index.ts";
import { generatedFiles } from "../../../stacks/reference/index.ts";
import { modeFileSchema, projectFileSchema } from "../../../stacks/reference/json-schema.ts";
import { defaultOf, exampleOf } from "../../../stacks/rules/faults.ts";
import { coerce } from "../../../stacks/settings/coerce.ts";
import { secretNames, settingsSchema } from "../../../stacks/settings/index.ts";
import { fieldsOf, innerSchema } from "../../../stacks/settings/schema-tree.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const read = (path: string) => readFileSync(join(root, path), "utf8");

/** Every setting that is no group, by its dotted name. */
const isSecret = (name: string): boolean => (secretNames as readonly string[]).includes(name);

function leaves(
  fields = settingsSchema.shape as Record<string, z.core.$ZodType>,
  above = "",
): [string, z.ZodType][] {
  return Object.entries(fields).flatMap(([name, schema]) => {
    const below = fieldsOf(schema);
    return below === undefined || isSecret(name)
      ? [[`${above}${name}`, schema as z.ZodType] as [string, z.ZodType]]
      : leaves(below, `${above}${name}.`);
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
    for (const [name, schema] of leaves()) {
      assert.match(globalRegistry.get(schema)?.description ?? "", /^\S.*\.$/, name);
      const values = isSecret(name) ? [] : [exampleOf(schema) ?? assert.fail(`${name} has no example`)];
      for (const value of [...values, defaultOf(schema)].filter((one) => one !== undefined)) {
        assert.ok(schema.safeParse(value).success, `${name}: ${JSON.stringify(value)}`);
      }
    }
  });

  it("says of every setting without a default what holds where it is unset, or that it is needed", () => {
    for (const [name, schema] of leaves()) {
      const mayBeUnset = innerSchema(schema) !== schema;
      if (mayBeUnset && defaultOf(schema) === undefined) {
        assert.match(globalRegistry.get(schema)?.description ?? "", /Unset: |Needed/, name);
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
    assert.deepEqual(coerce(settingsSchema, values), {
      resources: { cpuLimit: "4" },
      image: { cuda: "12.4" },
    });
  });
});
