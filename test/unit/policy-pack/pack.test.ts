// Does NOT prove that an engine runs the pack or asks it so: the engine at hand here is too old for packs, and the test plays a newer one.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Manifest } from "../../../stacks/manifests/index.ts";
import { policies } from "../../../stacks/policy/index.ts";
import { allManifests, objectIn } from "../stacks/policy/modes.ts";
import { Pack, packFolder, type Resource, secret, type Told, unknown, urnOf } from "./engine.ts";

const resourceOf = (manifest: Manifest): Resource => ({
  type: `kubernetes:${manifest.apiVersion}:${manifest.kind}`,
  name: `vllm-${manifest.metadata.name}`,
  properties: manifest,
});

/** What a stack has besides objects of the cluster. */
const others: readonly Resource[] = [
  { type: "pulumi:pulumi:Stack", name: "vllm-platform-ml", properties: {} },
  { type: "pulumi:providers:kubernetes", name: "vllm-cluster", properties: { kubeconfig: secret("k") } },
  { type: "random:index/randomPassword:RandomPassword", name: "vllm-api-key", properties: { result: "x" } },
  { type: "command:local:Command", name: "vllm-served", properties: { create: "node x", environment: {} } },
];

const manifestsOf = (mode: string): Manifest[] => allManifests()[mode] ?? assert.fail();
const ml = (): Manifest[] => manifestsOf("ml");

interface Pod {
  spec: { template: { spec: { containers: { image: unknown }[]; hostNetwork?: boolean } } };
}

describe("the policy pack", function () {
  this.timeout(60_000);
  let pack: Pack;

  before(async () => {
    pack = await Pack.start();
  });
  after(() => pack?.stop());
  afterEach(() => pack.configure({}));

  /** What is said of a mode's server with this image. */
  async function withImage(image: unknown): Promise<Told[]> {
    const server = objectIn(ml(), "Deployment/vllm-server");
    for (const container of (server as unknown as Pod).spec.template.spec.containers) container.image = image;
    return pack.ofResource(resourceOf(server));
  }

  it("has every policy, and each refuses unless it is told otherwise", async () => {
    assert.deepEqual(
      await pack.policies(),
      policies.map(({ name }) => `${name} mandatory`),
    );
  });

  for (const mode of Object.keys(allManifests())) {
    it(`says nothing of any resource of ${mode}, nor of all together`, async () => {
      const resources = [...others, ...manifestsOf(mode).map(resourceOf)];
      for (const resource of resources) assert.deepEqual(await pack.ofResource(resource), [], resource.name);
      assert.deepEqual(await pack.ofStack(resources), []);
    });
  }

  it("says nothing of a Secret whose values the engine marks as secret, nor of values that are not known yet", async () => {
    const key = objectIn(manifestsOf("everything"), "Secret/vllm-api-key");
    for (const value of [secret({ "api-key": "b3Blbg==" }), { "api-key": unknown }, unknown]) {
      assert.deepEqual(await pack.ofResource(resourceOf({ ...key, data: value })), []);
    }
  });

  it("refuses an object before it is changed, by the policy's name and words", async () => {
    for (const [image, policy, fix] of [
      ["vllm/vllm-openai:latest", "pinned-image", "Name a version as its tag, or pin it by its digest"],
      [
        "vllm/vllm-openai:v0.8.55",
        "known-image",
        "there is no such release of vLLM: take v0.8.5, if that is meant",
      ],
    ] as const) {
      assert.deepEqual(await withImage(image), [
        {
          policy,
          level: "mandatory",
          message: `${demandsOf(policy)}\nDeployment/vllm-server spec.template.spec.containers[vllm].image is ${image}: ${fix}`,
          urn: "",
        },
      ]);
    }
  });

  it("refuses a stack in which one object has lost its fence, and names the object that is open or the one that is missing", async () => {
    const open = ml();
    const fence = resourceOf(objectIn(open, "NetworkPolicy/vllm-server"));
    (fence.properties as { spec: { policyTypes: string[] } }).spec.policyTypes = ["Egress"];
    const without = open.filter(({ kind }) => kind !== "PodDisruptionBudget");
    assert.deepEqual(
      (await pack.ofStack(without.map(resourceOf))).map(({ policy, urn, message }) => [
        policy,
        urn,
        message.split("\n").at(-1),
      ]),
      [
        [
          "drainable",
          "",
          "PodDisruptionBudget/vllm-pdb is missing: Declare one whose selector matches the server's pod",
        ],
        [
          "fenced-pod",
          urnOf(fence),
          'NetworkPolicy/vllm-server spec.policyTypes is ["Egress"]: Set it to [Ingress]',
        ],
      ],
    );
  });

  it("only warns, or says nothing, where its configuration says so", async () => {
    await pack.configure({ "pinned-image": "advisory", "known-image": "disabled" });
    const said = await withImage("vllm/vllm-openai:latest");
    assert.deepEqual(
      said.map(({ policy, level }) => [policy, level]),
      [["pinned-image", "advisory"]],
    );
    assert.deepEqual(await withImage("vllm/vllm-openai:v0.8.55"), []);
  });

  it("leaves what a preview does not know yet to the update, and says so", async () => {
    const said = await withImage(unknown);
    assert.ok(said.length > 0);
    for (const { level, message } of said) {
      assert.equal(level, "advisory");
      assert.match(message, /^can't run policy '(pinned|known)-image' .* can't be known during preview$/);
    }
  });

  it("has the version of the project", () => {
    const versions = [packFolder, join(packFolder, "..")].map(
      (folder) =>
        (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string }).version,
    );
    assert.equal(versions[0], versions[1]);
  });
});

const demandsOf = (name: string): string => policies.find((one) => one.name === name)?.demands ?? "";
