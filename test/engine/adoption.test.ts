// Does NOT prove anything of Helm, Argo CD or Flux themselves, only of the marks that they leave on objects.
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { configure } from "../support/configure.ts";
import type { Live } from "../support/live.ts";
import { nothingDiffers, pulumiOn, pulumiSucceeds, up, upChangesNothing } from "../support/pulumi.ts";
import { kubectlOn, startedSandbox } from "../support/sandbox.ts";
import { contentOf, isWhole, platformObjects } from "../support/whole-mode.ts";

const seed = join(import.meta.dirname, "../support/seed.yaml");

describe("the adoption of objects that stand in the cluster already", function () {
  this.timeout(300_000);
  let sandbox: Sandbox;
  let fresh: Live[];

  before(async () => {
    sandbox = await startedSandbox();
    await up(sandbox, "ml");
    fresh = await platformObjects(sandbox);
    await pulumiSucceeds(sandbox, ["destroy", "--yes", "--skip-preview", "-s", "ml"]);
  });

  after(() => sandbox?.remove());

  /** What is compared between an adopted and a fresh object: content, labels, annotations, and who owns which field. */
  function comparable(live: Live): unknown {
    const { labels, annotations = {}, managedFields } = live.metadata;
    const { "vllm-platform/switch": _, "deployment.kubernetes.io/revision": __, ...others } = annotations;
    return {
      ...contentOf(live),
      labels,
      annotations: others,
      managers: managedFields
        .filter(({ subresource }) => subresource === undefined)
        .map(({ manager, operation, fieldsV1 }) => ({ manager, operation, fieldsV1 })),
    };
  }

  const key = ({ kind, metadata }: Live) => `${kind}/${metadata.name}`;
  const volumeClaim = "PersistentVolumeClaim/vllm-model-cache";

  describe("of the reference setup's, applied by hand", () => {
    let before_: Live[];
    before(async () => {
      await kubectlOn(sandbox, ["apply", "-f", seed]);
      before_ = await platformObjects(sandbox);
    });

    it("is previewed in words, without a change", async () => {
      const output = await pulumiSucceeds(sandbox, ["preview", "-s", "ml"]);
      const line =
        output.split("\n").find((text) => text.includes("Deployment/vllm-server is taken over from")) ?? "";
      for (const leaving of [
        "containers[vllm].env[HUGGING_FACE_HUB_TOKEN]",
        "volumes[shm]",
        'args "--trust-remote-code"',
      ]) {
        assert.ok(line.includes(leaving), line);
      }
      assert.match(
        output,
        /ConfigMap\/llm-fallback-config is taken over from kubectl-client-side-apply.*data\.OLLAMA_MODEL/,
      );
      assert.deepEqual((await platformObjects(sandbox)).map(comparable), before_.map(comparable));
    });

    it("leaves every object in place", async () => {
      await up(sandbox, "ml");
      const uids = new Map((await platformObjects(sandbox)).map((live) => [key(live), live.metadata.uid]));
      for (const live of before_) assert.equal(uids.get(key(live)), live.metadata.uid, key(live));
      await isWhole(sandbox, "ml", [volumeClaim]);
    });

    it("makes them equal to fresh ones, field by field and owner by owner", async () => {
      const adopted = new Map((await platformObjects(sandbox)).map((live) => [key(live), live]));
      for (const live of fresh.filter(({ metadata }) => metadata.name !== "gpu-mode")) {
        const other = adopted.get(key(live));
        assert.ok(other);
        assert.deepEqual(comparable(other), comparable(live), key(live));
      }
    });

    it("is complete: a second up changes no generation and sees no difference", async () => {
      const state = async () =>
        (await platformObjects(sandbox)).map((live) => [
          key(live),
          live.metadata.generation,
          live.metadata.resourceVersion,
        ]);
      const before = await state();
      await nothingDiffers(sandbox, "ml");
      assert.deepEqual(await state(), before);
    });

    it("leaves the volume claim, which this mode does not want, as it was", async () => {
      const of = (objects: Live[]) =>
        objects.filter((live) => key(live) === volumeClaim).map(({ metadata }) => metadata.resourceVersion);
      assert.deepEqual(of(await platformObjects(sandbox)), of(before_));
    });

    it("is of no account to the namespace's own labels", async () => {
      const labels = await kubectlOn(sandbox, [
        "get",
        "namespace",
        "ml",
        "-o",
        "jsonpath={.metadata.labels}",
      ]);
      assert.equal(
        (JSON.parse(labels) as Record<string, string>)["pod-security.kubernetes.io/enforce"],
        "privileged",
      );
    });

    it("takes nothing of the namespace from another manager, and puts no label of its own on it", async () => {
      const label = (...words: string[]) =>
        kubectlOn(sandbox, ["label", "namespace", "ml", "--field-manager=helm", ...words]);
      const labels = async () =>
        JSON.parse(
          await kubectlOn(sandbox, ["get", "namespace", "ml", "-o", "jsonpath={.metadata.labels}"]),
        ) as Record<string, string>;
      await label("app.kubernetes.io/managed-by=Helm", "app.kubernetes.io/part-of=chat");
      const before = await labels();
      await up(sandbox, "ml");
      assert.deepEqual(await labels(), before);
      await upChangesNothing(sandbox, "ml");
    });

    it("comes again after the YAML was applied over the platform", async () => {
      await kubectlOn(sandbox, ["apply", "-f", seed]);
      await up(sandbox, "ml");
      await isWhole(sandbox, "ml", [volumeClaim]);
      await upChangesNothing(sandbox, "ml");
    });

    it("takes the volume claim's metadata where the mode wants it, and keeps its volume", async () => {
      // No pod waits for a volume here, for which the sandbox has nobody to make one.
      configure(sandbox, "gaming", { cache: { claim: { size: "50Gi", storageClass: "nfs-client" } } });
      await up(sandbox, "gaming");
      const claim = (await platformObjects(sandbox)).find((live) => key(live) === volumeClaim);
      assert.equal(claim?.metadata.uid, before_.find((live) => key(live) === volumeClaim)?.metadata.uid);
      assert.equal(claim?.metadata.labels?.["app.kubernetes.io/part-of"], "vllm-platform");
      await upChangesNothing(sandbox, "gaming");
      configure(sandbox, "gaming", { cache: undefined });
      await up(sandbox, "ml");
    });
  });

  describe("of what others manage", () => {
    before(async () => {
      await pulumiSucceeds(sandbox, ["destroy", "--yes", "--skip-preview", "-s", "ml"]);
    });

    const foreign: [string, string, string, Record<string, unknown>, Record<string, unknown>?][] = [
      [
        "Middleware/vllm-access",
        "Helm (release traefik)",
        "helm",
        {
          apiVersion: "traefik.io/v1alpha1",
          kind: "Middleware",
          spec: { ipAllowList: { sourceRange: ["10.0.0.0/8"] } },
        },
        { annotations: { "meta.helm.sh/release-name": "traefik" } },
      ],
      [
        "Service/vllm-api",
        "argocd-controller",
        "argocd-controller",
        { apiVersion: "v1", kind: "Service", spec: { ports: [{ port: 80 }] } },
      ],
      [
        "Secret/vllm-api-key",
        "kubectl-create",
        "kubectl-create",
        { apiVersion: "v1", kind: "Secret", stringData: { "api-key": "theirs" } },
      ],
    ];
    const titles = foreign.map(([title]) => title);

    it("is refused, all of it at once and each with its manager; nothing is changed", async () => {
      configure(sandbox, "ml", { apiKey: true });
      for (const [title, , fieldManager, object, metadata = {}] of foreign) {
        const manifest = { ...object, metadata: { ...metadata, name: title.split("/")[1], namespace: "ml" } };
        await kubectlOn(
          sandbox,
          ["create", `--field-manager=${fieldManager}`, "-f", "-"],
          JSON.stringify(manifest),
        );
      }
      const before = await platformObjects(sandbox);
      for (const command of [["preview"], ["up", "--yes", "--skip-preview"]]) {
        const { code, output } = await pulumiOn(sandbox, [...command, "-s", "ml"]);
        assert.notEqual(code, 0);
        for (const [title, manager] of foreign) {
          assert.ok(
            output.includes(`${title} in namespace ml: it is not the platform's; its manager is ${manager}.`),
            output,
          );
          assert.ok(output.includes(`adopt: {value: [${title}]}`), output);
        }
        assert.doesNotMatch(output, /^\s+at /m);
      }
      assert.deepEqual((await platformObjects(sandbox)).map(comparable), before.map(comparable));
    });

    it("is still refused where the setting adopt names something else", async () => {
      const [first = "", ...others] = titles;
      configure(sandbox, "ml", { adopt: others });
      const { code, output } = await pulumiOn(sandbox, ["preview", "-s", "ml"]);
      assert.notEqual(code, 0);
      assert.ok(output.includes(`${first} in namespace ml: it is not the platform's`), output);
      for (const other of others) assert.ok(!output.includes(`${other} in namespace ml: it is not`), output);
    });

    it("is taken over where the setting adopt names it, and stays so without the setting", async () => {
      configure(sandbox, "ml", { adopt: titles });
      const found = async () =>
        new Map((await platformObjects(sandbox)).map((live) => [key(live), live.metadata]));
      const before = await found();
      await up(sandbox, "ml");
      const after = await found();
      for (const title of titles) {
        assert.equal(after.get(title)?.uid, before.get(title)?.uid, title);
        assert.deepEqual(
          after
            .get(title)
            ?.managedFields.filter(({ subresource }) => subresource === undefined)
            .map(({ manager }) => manager),
          ["vllm-platform"],
          title,
        );
      }
      configure(sandbox, "ml", { adopt: undefined });
      await upChangesNothing(sandbox, "ml");
    });

    it("goes with a destroy from then on, but for what outlives every destroy", async () => {
      await pulumiSucceeds(sandbox, ["destroy", "--yes", "--skip-preview", "-s", "ml"]);
      const left = (await platformObjects(sandbox)).map(key);
      assert.deepEqual(
        titles.filter((title) => left.includes(title)),
        ["Secret/vllm-api-key"],
      );
    });
  });
});
