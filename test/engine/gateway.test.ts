// Does NOT prove that Traefik fails over: tests on a real one do. This proves what the cluster is asked for, and when it changes.
import assert from "node:assert/strict";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { configure } from "../support/configure.ts";
import { gpuModeJson } from "../support/gpu-mode.ts";
import { nothingDiffers, pulumiSucceeds, up } from "../support/pulumi.ts";
import { kubectlOn, startedSandbox } from "../support/sandbox.ts";
import { objectsOf, platformObjects, refusedUp } from "../support/whole-mode.ts";

describe("a gateway", function () {
  this.timeout(300_000);
  let sandbox: Sandbox;
  const modes = ["ml", "r1", "gaming"];

  before(async () => {
    sandbox = await startedSandbox();
    for (const mode of modes) {
      configure(sandbox, mode, { gateway: { enabled: true, host: "llm.home.example.org" } });
    }
  });

  after(() => sandbox?.remove());

  /** The gateway's objects with the version that the API server gave each when it last changed. */
  async function gateway(): Promise<Record<string, string>> {
    const own = (await platformObjects(sandbox)).filter(
      ({ metadata: { labels } }) => labels?.["app.kubernetes.io/component"] === "gateway",
    );
    return Object.fromEntries(
      own.map(({ kind, metadata }) => [`${kind}/${metadata.name}`, metadata.resourceVersion ?? ""]),
    );
  }

  it("is taken by the API server as Traefik's definitions have it, whole, and a second up sees no change", async () => {
    await up(sandbox, "ml");
    assert.deepEqual(Object.keys(await gateway()).sort(), [
      "Certificate/llm-gateway-tls",
      "IngressRoute/llm-gateway",
      "IngressRoute/llm-gateway-http",
      "Middleware/llm-gateway-access",
      "Middleware/llm-gateway-https-redirect",
      "Middleware/llm-gpu-errors",
      "Middleware/llm-served-by-cpu",
      "Middleware/llm-served-by-gpu",
      "ServersTransport/llm-gateway",
      "Service/llm-gateway",
      "Service/llm-gateway-cpu",
      "TraefikService/llm-gateway",
    ]);
    await nothingDiffers(sandbox, "ml");
  });

  it("finds by the API server's own schema that Traefik's definitions can fail over, and says what else it lacks", async () => {
    const { findings } = await gpuModeJson<{ findings: { item: string; state: string; found: string }[] }>(
      sandbox,
      ...["doctor", "ml"],
    );
    const told = (item: string) => findings.find((one) => one.item === item) ?? assert.fail(item);
    assert.equal(told("Traefik's failover").state, "ok");
    assert.equal(told("gateway's certificate").state, "ok");
    assert.equal(told("Ollama's pods").state, "warning");
    assert.equal(told("Ollama's model").found, "not asked for: no pod of Ollama is ready");
  });

  it("stays as it is, object by object, through a switch and while the GPU is free", async () => {
    const before = await gateway();
    for (const mode of ["r1", "gaming", "ml"]) {
      await up(sandbox, mode);
      assert.deepEqual(await gateway(), before, `after a switch to ${mode}`);
    }
  });

  it("goes with the setting, and is named before", async () => {
    configure(sandbox, "ml", { gateway: undefined });
    const titles = Object.keys(await gateway());
    const preview = await pulumiSucceeds(sandbox, ["preview", "-s", "ml"]);
    for (const title of titles) {
      assert.ok(preview.includes(`${title} goes: mode ml does not declare it`), preview);
    }
    await up(sandbox, "ml");
    assert.deepEqual(await gateway(), {});
    await nothingDiffers(sandbox, "ml");
  });

  it("finds an Ollama of somebody else in the way of its own: it is refused, with what to do, and stays", async () => {
    await kubectlOn(sandbox, ["create", "service", "clusterip", "ollama", "--tcp=11434", "-n", "ml"]);
    configure(sandbox, "ml", { ollama: { enabled: true } });
    const output = await refusedUp(sandbox, "ml");
    assert.match(
      output,
      /Service\/ollama in namespace ml: it is not the platform's; its manager is kubectl-create/,
    );
    assert.match(
      output,
      /Set ollama\.enabled: false, and the Ollama that is there is used as it is; or remove it/,
    );
    await kubectlOn(sandbox, ["delete", "service", "ollama", "-n", "ml"]);
  });

  it("brings an Ollama of its own, which goes with the setting; its models stay for a person to decide", async () => {
    const ours = async () =>
      (
        await objectsOf(sandbox, [
          ...(["deployments", "services", "networkpolicies", "cronjobs", "persistentvolumeclaims"] as const),
        ])
      )
        .filter(({ metadata: { labels } }) => labels?.["app.kubernetes.io/component"] === "ollama")
        .map(({ kind, metadata }) => `${kind}/${metadata.name}`)
        .sort();
    await up(sandbox, "ml");
    assert.deepEqual(await ours(), [
      "CronJob/ollama-default-model",
      "Deployment/ollama",
      "NetworkPolicy/ollama",
      "PersistentVolumeClaim/ollama-models",
      "Service/ollama",
    ]);
    await nothingDiffers(sandbox, "ml");
    // Of both Deployments at once: only the server's generation is what an update waits for.
    for (const name of ["ollama", "vllm-server"]) {
      await kubectlOn(sandbox, ["set", "env", `deployment/${name}`, "-n", "ml", "BY_HAND=1"]);
    }
    await up(sandbox, "ml");
    await nothingDiffers(sandbox, "ml");
    configure(sandbox, "ml", { ollama: undefined });
    await up(sandbox, "ml");
    assert.deepEqual(await ours(), ["PersistentVolumeClaim/ollama-models"]);
  });
});
