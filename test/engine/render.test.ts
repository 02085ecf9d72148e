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
      for (const one of await rendered(mode)) {
        const which = [
          `${one.kind}.${String(one.apiVersion).split("/").reverse().join(".")}`,
          one.metadata.name,
        ];
        const namespace = one.metadata.namespace === undefined ? [] : ["-n", one.metadata.namespace];
        const [kind = "", name = ""] = which;
        const live = JSON.parse(
          await kubectlOn(sandbox, [
            "get",
            one.apiVersion === "v1" ? one.kind : kind,
            name,
            ...namespace,
            "-o",
            "json",
          ]),
        ) as Manifest;
        // As the same field manager: a field that this lacks would be removed, one that it adds would appear.
        const applied = JSON.parse(
          await kubectlOn(
            sandbox,
            [
              "apply",
              "--server-side",
              "--field-manager=vllm-platform",
              "--dry-run=server",
              "-o",
              "json",
              "-f",
              "-",
            ],
            JSON.stringify(one),
          ),
        ) as Manifest;
        assert.deepEqual(comparable(applied), comparable(live), `${mode}: ${one.kind}/${name}`);
      }
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
