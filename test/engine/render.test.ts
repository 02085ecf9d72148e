// Does NOT prove that the objects do what they are meant to; it proves that they are accepted, and what `up` sends.
import assert from "node:assert/strict";
import { join } from "node:path";
import { parseAllDocuments, stringify } from "yaml";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { renderMode } from "../../operations/render.ts";
import { listModes } from "../../stacks/index.ts";
import { up } from "../support/pulumi.ts";
import { kubectlOn } from "../support/sandbox.ts";
import { sharedSandbox } from "../support/shared-sandbox.ts";

const project = join(import.meta.dirname, "../..");

interface Manifest {
  kind: string;
  metadata: { name: string; namespace?: string; [field: string]: unknown };
  spec?: Record<string, unknown>;
  [field: string]: unknown;
}

describe("the rendered YAML on an API server", function () {
  this.timeout(180_000);
  let sandbox: Sandbox;

  before(async () => {
    sandbox = await sharedSandbox();
    await kubectlOn(sandbox, ["create", "namespace", "ml"]);
  });

  const rendered = async (mode: string): Promise<Manifest[]> =>
    parseAllDocuments(renderMode(project, mode)).map((document) => document.toJS() as Manifest);

  const dryRun = (text: string): Promise<string> =>
    kubectlOn(sandbox, ["apply", "--dry-run=server", "--validate=strict", "-f", "-"], text);

  /** What kubectl prints of the objects of a text, in its order. */
  async function printed(command: readonly string[], text: string): Promise<Manifest[]> {
    const list = await kubectlOn(sandbox, [...command, "-o", "json", "-f", "-"], text);
    return (JSON.parse(list) as { items: Manifest[] }).items;
  }

  for (const mode of listModes(project)) {
    it(`of ${mode} is accepted by the API server, custom resources by their own schemas`, async () => {
      const printed = await dryRun(renderMode(project, mode));
      assert.equal(printed.trim().split("\n").length, (await rendered(mode)).length, printed);
    });
  }

  it("with a wrong field or type in any custom resource is refused", async () => {
    const custom = (await rendered("ml")).filter(({ apiVersion }) =>
      /traefik|cert-manager/.test(String(apiVersion)),
    );
    assert.equal(custom.length, 5);
    for (const one of custom) {
      await assert.rejects(
        dryRun(stringify({ ...one, spec: { ...one.spec, noSuchField: 1 } })),
        /unknown field/,
      );
      const [first = ""] = Object.keys(one.spec ?? {});
      await assert.rejects(
        dryRun(stringify({ ...one, spec: { ...one.spec, [first]: 3.5 } })),
        /Invalid value/,
      );
    }
  });

  it("equals what up sends: applied in its place, it changes and removes nothing", async () => {
    for (const mode of ["ml", "gaming"]) {
      await up(sandbox, mode);
      const text = renderMode(project, mode);
      const live = await printed(["get"], text);
      // As the same field manager: a field that this lacks would be removed, one that it adds would appear.
      const as = ["--server-side", "--field-manager=vllm-platform", "--dry-run=server"];
      const applied = await printed(["apply", ...as], text);
      assert.equal(live.length, (await rendered(mode)).length);
      assert.deepEqual(applied.map(comparable), live.map(comparable), mode);
    }
  });
});

/**
 * Without what differs from one request to the next, without the switch number, which only a cluster can tell, and without
 * what only Pulumi reads.
 */
function comparable({ metadata, status: _, ...content }: Manifest): unknown {
  const { managedFields: __, resourceVersion: ___, generation: ____, annotations, ...rest } = metadata;
  const kept = Object.entries(annotations ?? {}).filter(
    ([name]) => name !== "vllm-platform/switch" && !name.startsWith("pulumi.com/"),
  );
  return { metadata: { ...rest, annotations: Object.fromEntries(kept) }, ...content };
}
