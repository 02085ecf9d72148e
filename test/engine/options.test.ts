// Does NOT prove what an option does to a real vLLM, volume or registry: it proves what the cluster is asked for.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { V1Deployment, V1PodSpec } from "@kubernetes/client-node";
import { forceVariable } from "../../cluster/findings/refusal.ts";
import { projectRoot, sandboxPaths } from "../../lab/sandbox/base/paths.ts";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { listModes } from "../../stacks/index.ts";
import { finish, outputOf } from "../../system/processes.ts";
import { configure } from "../support/configure.ts";
import { initStack, nothingDiffers, pulumiSucceeds, tryUp, up, upChangesNothing } from "../support/pulumi.ts";
import { kubectlOn, startedSandbox } from "../support/sandbox.ts";

describe("options of the platform", function () {
  this.timeout(180_000);
  let sandbox: Sandbox;

  before(async () => {
    sandbox = await startedSandbox();
  });

  after(() => sandbox?.remove());

  async function get<T = Record<string, unknown>>(resource: string, name: string): Promise<T> {
    return JSON.parse(await kubectlOn(sandbox, ["get", resource, name, "-n", "ml", "-o", "json"])) as T;
  }
  const exists = async (resource: string, name: string): Promise<boolean> =>
    (await kubectlOn(sandbox, ["get", resource, name, "-n", "ml", "--ignore-not-found", "-o", "name"])) !==
    "";
  const deployment = () => get<V1Deployment>("deployment", "vllm-server");
  const podSpec = async (): Promise<V1PodSpec> => {
    const { spec } = await deployment();
    assert.ok(spec?.template.spec);
    return spec.template.spec;
  };
  const container = async () => {
    const [one] = (await podSpec()).containers;
    assert.ok(one);
    return one;
  };
  const variable = async (name: string) => (await container()).env?.find((one) => one.name === name);
  const output = async (name: string, ...options: string[]): Promise<string> =>
    (await pulumiSucceeds(sandbox, ["stack", "output", name, "-s", "ml", ...options])).trim();

  /** The state file as it lies on the disk. */
  const stateText = (mode: string): Promise<string> =>
    pulumiSucceeds(sandbox, ["stack", "export", "-s", mode]);

  describe("the server's own, all at once", () => {
    before(async () => {
      configure(sandbox, "ml", {
        image: {
          tag: "v0.8.4",
          digest: `sha256:${"ab".repeat(32)}`,
          pullPolicy: "Always",
        },
        resources: {
          cpuRequest: "500m",
          cpuLimit: "3",
          memoryRequest: "6Gi",
          memoryLimit: "12Gi",
          sharedMemory: "2Gi",
        },
        security: { runAsUser: 2000 },
        extraArguments: ["--enable-prefix-caching"],
        maxNumSeqs: 8,
        enforceEager: false,
        gpuMemoryUtilization: 0.85,
        route: {
          host: "llm.example.org",
          issuer: "letsencrypt-prod",
          allowedRanges: ["192.168.7.0/24"],
          pathPrefixes: ["/v1/"],
          paths: ["/health"],
        },
        access: { namespaces: ["apps"] },
      });
      configure(sandbox, "r1", { reasoningParser: true });
      await up(sandbox, "ml");
    });

    it("image, digest and pull policy", async () => {
      const { image, imagePullPolicy } = await container();
      assert.deepEqual(
        [image, imagePullPolicy],
        [`vllm/vllm-openai:v0.8.4@sha256:${"ab".repeat(32)}`, "Always"],
      );
    });

    it("resources and shared memory", async () => {
      const { resources } = await container();
      assert.deepEqual(resources, {
        requests: { cpu: "500m", memory: "6Gi", "ephemeral-storage": "1Gi", "nvidia.com/gpu": "1" },
        limits: { cpu: "3", memory: "12Gi", "ephemeral-storage": "16Gi", "nvidia.com/gpu": "1" },
      });
      const shared = (await podSpec()).volumes?.find(({ name }) => name === "shared-memory");
      assert.deepEqual(shared?.emptyDir, { medium: "Memory", sizeLimit: "2Gi" });
    });

    it("a user other than root, whose cache lies where that user may go", async () => {
      const { securityContext } = await podSpec();
      assert.equal(securityContext?.runAsUser, 2000);
      assert.equal(securityContext?.runAsNonRoot, true);
      const cachePath = (await variable("HF_HOME"))?.value;
      assert.ok(cachePath !== undefined && !cachePath.startsWith("/root"));
      assert.ok((await container()).volumeMounts?.some(({ mountPath }) => mountPath === cachePath));
    });

    it("extra arguments come after the platform's own", async () => {
      const { args = [] } = await container();
      assert.equal(args.at(-1), "--enable-prefix-caching");
      assert.equal(args[args.indexOf("--max-num-seqs") + 1], "8");
      assert.equal(args[args.indexOf("--gpu-memory-utilization") + 1], "0.85");
      assert.ok(!args.includes("--enforce-eager"));
    });

    it("host, issuer, address ranges and paths of the route", async () => {
      const { spec } = await get<{ spec: { routes: { match: string }[] } }>("ingressroutes", "vllm-https");
      assert.equal(
        spec.routes[0]?.match,
        "Host(`llm.example.org`) && (PathPrefix(`/v1/`) || Path(`/health`))",
      );
      const access = await get<{ spec: unknown }>("middlewares", "vllm-access");
      assert.deepEqual(access.spec, { ipAllowList: { sourceRange: ["192.168.7.0/24"] } });
      const certificate = await get<{ spec: { dnsNames: string[] } }>("certificates", "vllm-tls");
      assert.deepEqual(certificate.spec.dnsNames, ["llm.example.org"]);
      assert.equal(await output("endpoint"), "https://llm.example.org");
    });

    it("namespaces that may connect", async () => {
      const { spec } = await get<{ spec: { ingress: { from: unknown[] }[] } }>(
        "networkpolicies",
        "vllm-server",
      );
      // The server's own, the one named, and Traefik's.
      assert.equal(spec.ingress[0]?.from.length, 3);
    });

    it("a second up, a preview and a refresh see no change", () => nothingDiffers(sandbox, "ml"));

    it("the reasoning parser, with the switch that this image wants", async () => {
      await up(sandbox, "r1");
      const { args = [] } = await container();
      assert.equal(args[args.indexOf("--reasoning-parser") + 1], "deepseek_r1");
      assert.ok(args.includes("--enable-reasoning"));
    });
  });

  describe("a volume claim, no public route", () => {
    before(async () => {
      // What a storage class of the reference setup would provide.
      const volume = {
        apiVersion: "v1",
        kind: "PersistentVolume",
        metadata: { name: "models" },
        spec: {
          capacity: { storage: "60Gi" },
          accessModes: ["ReadWriteOnce"],
          storageClassName: "nfs-client",
          hostPath: { path: "/models" },
        },
      };
      await kubectlOn(sandbox, ["apply", "-f", "-"], JSON.stringify(volume));
      configure(sandbox, "ml", {
        cache: { claim: { size: "60Gi", storageClass: "nfs-client" } },
        route: { enabled: false },
        security: undefined,
      });
      await up(sandbox, "ml");
    });

    it("the claim is made and mounted in place of the node's folder", async () => {
      const { spec } = await get<{ spec: Record<string, unknown> }>(
        "persistentvolumeclaims",
        "vllm-model-cache",
      );
      assert.deepEqual(spec.accessModes, ["ReadWriteOnce"]);
      assert.deepEqual(spec.resources, { requests: { storage: "60Gi" } });
      assert.equal(spec.storageClassName, "nfs-client");
      const volume = (await podSpec()).volumes?.find(({ name }) => name === "model-cache");
      assert.deepEqual(volume, {
        name: "model-cache",
        persistentVolumeClaim: { claimName: "vllm-model-cache" },
      });
    });

    it("nothing of the route is left, and the endpoint is the one inside the cluster", async () => {
      for (const [resource, name] of [
        ["ingressroutes", "vllm-https"],
        ["ingressroutes", "vllm-redirect"],
        ["certificates", "vllm-tls"],
        ["middlewares", "vllm-access"],
        ["middlewares", "vllm-https-redirect"],
      ] as const) {
        assert.equal(await exists(resource, name), false, `${resource}/${name}`);
      }
      assert.equal(await output("endpoint"), "http://vllm-api.ml.svc.cluster.local:8000");
    });

    it("a second up, a preview and a refresh see no change", () => nothingDiffers(sandbox, "ml"));

    it("the claim outlives a destroy", async () => {
      await pulumiSucceeds(sandbox, ["destroy", "--yes", "--skip-preview", "-s", "ml"]);
      assert.equal(await exists("persistentvolumeclaims", "vllm-model-cache"), true);
    });

    it("as many servers as asked for; where the cards do not suffice, up says so", async () => {
      configure(sandbox, "ml", { cache: undefined, route: undefined, replicas: 2 });
      const refused = await tryUp(sandbox, "ml");
      assert.notEqual(refused.code, 0);
      assert.match(
        refused.output,
        /k3s-gpu-worker has 1 to give of the 2 GPUs that are needed\. Lower `replicas`/,
      );
      assert.equal(await exists("deployments", "vllm-server"), false);
      const { code, output: printed } = await tryUp(sandbox, "ml", { [forceVariable]: "1" });
      assert.equal((await deployment()).spec?.replicas, 2);
      assert.notEqual(code, 0);
      assert.match(printed, /Insufficient nvidia\.com\/gpu/);
    });
  });

  describe("the API key", () => {
    const secretBytes = async (): Promise<string> => {
      const { data } = await get<{ data: Record<string, string> }>("secret", "vllm-api-key");
      return data["api-key"] ?? "";
    };
    let first: string;

    before(async () => {
      configure(sandbox, "ml", { replicas: undefined });
      for (const mode of ["ml", "r1", "gaming"]) configure(sandbox, mode, { apiKey: true });
      await up(sandbox, "ml");
      first = await secretBytes();
    });

    it("is generated, reaches the server by its environment only, and is a secret output of the stack", async () => {
      const key = Buffer.from(first, "base64").toString();
      assert.match(key, /^[A-Za-z0-9]{48}$/);
      assert.deepEqual((await variable("VLLM_API_KEY"))?.valueFrom?.secretKeyRef, {
        name: "vllm-api-key",
        key: "api-key",
      });
      assert.ok(!JSON.stringify(await deployment()).includes(key));
      assert.equal(await output("apiKey"), "[secret]");
      assert.equal(await output("apiKey", "--show-secrets"), key);
      assert.ok(!(await stateText("ml")).includes(key));
      assert.ok(!(await stateText("ml")).includes(first));
    });

    it("is asked for on /v1, and not by the probes' path", async () => {
      const key = Buffer.from(first, "base64").toString();
      assert.equal((await fetch(`${sandbox.url}/v1/models`)).status, 401);
      const headers = { authorization: `Bearer ${key}` };
      assert.equal((await fetch(`${sandbox.url}/v1/models`, { headers })).status, 200);
      assert.equal((await fetch(`${sandbox.url}/health`)).status, 200);
      assert.match(await output("status"), /^serving /);
    });

    it("stays the same in every mode, and nothing differs afterwards", async () => {
      for (const mode of ["r1", "gaming", "ml"]) {
        await up(sandbox, mode);
        assert.equal(await secretBytes(), first, mode);
      }
      await upChangesNothing(sandbox, "ml");
    });

    it("stays the same after the state was lost", async () => {
      await rm(join(sandboxPaths(sandbox.dir).state, ".pulumi", "stacks", "vllm-platform", "ml.json"));
      await initStack(sandbox, "ml");
      await up(sandbox, "ml");
      assert.equal(await secretBytes(), first);
      assert.equal(await output("apiKey", "--show-secrets"), Buffer.from(first, "base64").toString());
    });

    it("one set by hand is kept, and the server starts anew to read it", async () => {
      const before = (await deployment()).spec?.template.metadata?.annotations?.[
        "vllm-platform/secrets-checksum"
      ];
      const chosen = createHash("sha256").update("chosen").digest("hex");
      const data = { "api-key": Buffer.from(chosen).toString("base64") };
      await kubectlOn(sandbox, [
        ...["patch", "secret", "vllm-api-key", "-n", "ml", "--type=merge"],
        ...["-p", JSON.stringify({ data })],
      ]);
      await up(sandbox, "ml");
      assert.equal(await output("apiKey", "--show-secrets"), chosen);
      const after = (await deployment()).spec?.template.metadata?.annotations?.[
        "vllm-platform/secrets-checksum"
      ];
      assert.notEqual(after, before);
      const headers = { authorization: `Bearer ${chosen}` };
      assert.equal((await fetch(`${sandbox.url}/v1/models`, { headers })).status, 200);
    });

    it("outlives a destroy", async () => {
      await pulumiSucceeds(sandbox, ["destroy", "--yes", "--skip-preview", "-s", "ml"]);
      assert.equal(await exists("secret", "vllm-api-key"), true);
    });
  });

  describe("the token for Hugging Face", () => {
    const token = "hf_not-a-real-token-0123456789";

    it("set as a Pulumi secret reaches the server by its environment only", async () => {
      for (const mode of ["ml", "r1", "gaming"]) configure(sandbox, mode, { apiKey: undefined });
      await pulumiSucceeds(sandbox, [
        ...["config", "set", "--secret", "vllm-platform:huggingFaceToken", token, "-s", "ml"],
      ]);
      const printed = await up(sandbox, "ml");
      const { data } = await get<{ data: Record<string, string> }>("secret", "vllm-hugging-face");
      assert.equal(Buffer.from(data.token ?? "", "base64").toString(), token);
      assert.deepEqual((await variable("HF_TOKEN"))?.valueFrom?.secretKeyRef, {
        name: "vllm-hugging-face",
        key: "token",
      });
      for (const text of [printed, await stateText("ml"), JSON.stringify(await deployment())]) {
        assert.ok(!text.includes(token));
      }
      await upChangesNothing(sandbox, "ml");
    });

    it("is set for all modes by one command, which never shows it", async () => {
      const value = "hf_for-all-modes-0123456789";
      const env = sandbox.environment();
      const { status, stdout, stderr } = await finish(
        process.execPath,
        [join(projectRoot, "cli", "set-secret.ts"), "huggingFaceToken"],
        { env, input: `${value}\n` },
      );
      assert.equal(status, 0, stderr);
      assert.ok(!`${stdout}${stderr}`.includes(value));
      for (const mode of listModes(projectRoot)) {
        const key = "vllm-platform:huggingFaceToken";
        const args = ["config", "get", key, "-s", mode, "--non-interactive"];
        assert.equal((await outputOf("pulumi", args, { env })).trim(), value, mode);
        const file = join(sandboxPaths(sandbox.dir).project, `Pulumi.${mode}.yaml`);
        assert.ok(!(await readFile(file, "utf8")).includes(value));
      }
    });

    it("from a Secret that is there already is only referred to", async () => {
      await pulumiSucceeds(sandbox, ["config", "rm", "vllm-platform:huggingFaceToken", "-s", "ml"]);
      configure(sandbox, "ml", { huggingFaceSecret: { name: "mine", key: "hf" } });
      await up(sandbox, "ml");
      assert.deepEqual((await variable("HF_TOKEN"))?.valueFrom?.secretKeyRef, { name: "mine", key: "hf" });
      assert.equal(await exists("secret", "vllm-hugging-face"), false);
    });
  });
});
