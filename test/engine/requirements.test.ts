// Does NOT prove that a real kubelet refuses a pod under pressure, nor that cert-manager words a condition so: both are set here.
import assert from "node:assert/strict";
import { join } from "node:path";
import { exitCodes } from "../../cli/exit-codes.ts";
import type { Finding } from "../../cluster/findings/finding.ts";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { configure } from "../support/configure.ts";
import { gpuModeEnds, gpuModeJson, startGpuMode } from "../support/gpu-mode.ts";
import { asGuest } from "../support/kubeconfig.ts";
import { pulumiOn, pulumiSucceeds, tryUp, up } from "../support/pulumi.ts";
import { eventually, kubectlOn, startedSandbox } from "../support/sandbox.ts";
import { refusedUp, serverPods, versionsOf } from "../support/whole-mode.ts";

/** What cannot work, how it comes about and goes away, and how it is told. */
interface Broken {
  about: string;
  /** Settings of mode r1. */
  settings?: Record<string, unknown>;
  /** Each a kubectl command. */
  change?: readonly (readonly string[])[];
  back?: readonly (readonly string[])[];
  fault: RegExp;
  /** Whether the node's own check finds it, which a preview does not run. @default false */
  ofNode?: boolean;
}

const node = "k3s-gpu-worker";
const pressure = (status: string): readonly string[] => [
  ...["patch", "node", node, "--subresource=status", "--type=strategic", "-p"],
  JSON.stringify({ status: { conditions: [{ type: "DiskPressure", status, reason: "Test" }] } }),
];
const enforce = "pod-security.kubernetes.io/enforce";

const broken: readonly Broken[] = [
  {
    about: "a missing RuntimeClass",
    change: [["delete", "runtimeclass", "nvidia"]],
    back: [["create", "-f", join(import.meta.dirname, "../../lab/sandbox/world/runtime-class.yaml")]],
    fault: /^ +RuntimeClass: there is no RuntimeClass nvidia, .*\. Install NVIDIA's container toolkit/m,
  },
  {
    about: "a volume that nobody makes",
    settings: { cache: { claim: { size: "50Gi" } } },
    fault: /^ +StorageClass: no StorageClass is the cluster's default\. Install one/m,
  },
  {
    about: "an issuer that is not there, for a host without a certificate",
    settings: { route: { host: "llm.example.org", issuer: "letsencrypt-pord" } },
    fault:
      /^ +ClusterIssuer: there is no ClusterIssuer letsencrypt-pord, so the route gets no certificate\. Name one of letsencrypt-prod/m,
  },
  {
    about: "a level of Pod Security that refuses the pod",
    change: [["label", "namespace", "ml", `${enforce}=restricted`, "--overwrite"]],
    back: [["label", "namespace", "ml", `${enforce}-`]],
    fault: /^ +Pod Security: namespace ml enforces restricted, which refuses the server's pod/m,
  },
  {
    about: "disk pressure on the GPU node",
    change: [pressure("True")],
    back: [pressure("False")],
    fault:
      /^ +node pressure: disk pressure on k3s-gpu-worker, so no pod may start on it\. See what fills it/m,
    ofNode: true,
  },
  {
    about: "a cordoned GPU node",
    change: [["cordon", node]],
    back: [["uncordon", node]],
    fault: /^ +GPU node: k3s-gpu-worker is cordoned, so no pod may start on it\. Run `kubectl uncordon/m,
    ofNode: true,
  },
];

describe("what an update needs of its cluster", function () {
  this.timeout(240_000);
  let sandbox: Sandbox;

  before(async () => {
    sandbox = await startedSandbox();
    await gpuModeEnds(sandbox, 0, "ml");
  });

  after(() => sandbox?.remove());

  async function kubectl(commands: readonly (readonly string[])[] = []): Promise<void> {
    for (const command of commands) await kubectlOn(sandbox, command);
  }

  /** The server's pod, by its own id and with all that has happened to it. */
  async function serverPod(): Promise<unknown> {
    const pods = await serverPods(sandbox);
    assert.equal(pods.length, 1);
    return pods.map(({ metadata, status }) => [metadata.uid, (status as { phase?: string }).phase]);
  }

  /** Runs with everything of a list broken at once. */
  async function withAll(list: readonly Broken[], attempt: () => Promise<void>): Promise<void> {
    const settings: Record<string, unknown> = Object.assign({}, ...list.map((one) => one.settings));
    configure(sandbox, "r1", settings);
    for (const { change } of list) await kubectl(change);
    try {
      await attempt();
    } finally {
      for (const { back } of list) await kubectl(back);
      configure(sandbox, "r1", Object.fromEntries(Object.keys(settings).map((key) => [key, undefined])));
    }
  }

  /** By gpu-mode, which names each; the words of the refusal. */
  async function isRefused(list: readonly Broken[]): Promise<void> {
    const { stderr } = await gpuModeEnds(sandbox, exitCodes.refused, "r1");
    assert.match(stderr, /^The cluster cannot serve mode r1; nothing was changed:$/m);
    for (const { fault } of list) assert.match(stderr, fault);
    assert.match(stderr, /gpu-mode r1 --force \(or VLLM_PLATFORM_FORCE=1 before pulumi up\)\.$/m);
  }

  for (const { where, list, previews } of [
    { where: "in the cluster", list: broken.filter(({ ofNode }) => !ofNode), previews: false },
    { where: "on the GPU node", list: broken.filter(({ ofNode }) => ofNode), previews: true },
  ]) {
    it(`refuses a switch for all that is wrong ${where}, by gpu-mode and by plain pulumi, while the old mode serves on`, () =>
      withAll(list, async () => {
        const before = [await serverPod(), await versionsOf(sandbox)];
        await isRefused(list);
        const refused = await refusedUp(sandbox, "r1");
        for (const { fault } of list) assert.match(refused, fault);
        const preview = await pulumiOn(sandbox, ["preview", "-s", "r1"]);
        assert.equal(preview.code === 0, previews, preview.output);
        assert.doesNotMatch(preview.output, /\bat .*\.ts:\d+/, "a stack trace");
        assert.deepEqual([await serverPod(), await versionsOf(sandbox)], before);
      }));
  }

  it("names all of it at once, the node's too, in doctor as well, and lets gaming pass with a warning", () =>
    withAll(broken, async () => {
      await isRefused(broken);
      const { stdout } = await gpuModeEnds(sandbox, exitCodes.refused, "doctor", "r1");
      const faults = `${broken.length} faults`;
      assert.ok(stdout.includes(`\nMode r1 cannot work before the ${faults} are fixed: ${faults}`), stdout);
      configure(sandbox, "gaming", { route: { host: "llm.example.org", issuer: "letsencrypt-pord" } });
      const preview = await pulumiOn(sandbox, ["preview", "-s", "gaming"]);
      configure(sandbox, "gaming", { route: undefined });
      assert.equal(preview.code, 0, preview.output);
      assert.match(
        preview.output,
        /warning: Declared all the same: ClusterIssuer: there is no ClusterIssuer letsencrypt-pord/,
      );
    }));

  it("finds nothing to do in the active mode all the same, and warns of its next start", async () => {
    const [runtimeClass] = broken;
    await kubectl(runtimeClass?.change);
    try {
      const { stdout } = await gpuModeEnds(sandbox, 0, "ml");
      assert.match(stdout, /^Warning: RuntimeClass: there is no RuntimeClass nvidia/m);
      assert.match(stdout, /^Nothing to do: mode ml is active and serves /m);
      const { warnings } = await gpuModeJson<{ warnings: string[] }>(sandbox, "status");
      assert.ok(warnings.some((text) => /^RuntimeClass: there is no RuntimeClass nvidia/.test(text)));
    } finally {
      await kubectl(runtimeClass?.back);
    }
  });

  it("goes on without an issuer while the certificate is ready, with a warning", async () => {
    const issuer = await kubectlOn(sandbox, ["get", "clusterissuer", "letsencrypt-prod", "-o", "json"]);
    await kubectl([["delete", "clusterissuer", "letsencrypt-prod"]]);
    try {
      const { code, output } = await pulumiOn(sandbox, ["preview", "-s", "r1"]);
      assert.equal(code, 0, output);
      assert.match(
        output,
        /warning: ClusterIssuer: there is no ClusterIssuer letsencrypt-prod; the certificate that is there goes on, and is not renewed/,
      );
    } finally {
      const { apiVersion, kind, spec, status } = JSON.parse(issuer) as Record<string, unknown>;
      const made = { apiVersion, kind, metadata: { name: "letsencrypt-prod" }, spec };
      await kubectlOn(sandbox, ["create", "-f", "-"], JSON.stringify(made));
      await kubectl([
        [
          ...["patch", "clusterissuer", "letsencrypt-prod", "--subresource=status", "--type=merge", "-p"],
          JSON.stringify({ status }),
        ],
      ]);
    }
  });

  it("tells who may only read which rights an update takes, before the Lease", async () => {
    const reader = {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: "reads-all" },
      rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["get", "list", "watch"] }],
    };
    await kubectlOn(sandbox, ["create", "-f", "-"], JSON.stringify(reader));
    await kubectl([
      [
        "create",
        "clusterrolebinding",
        "reads-all",
        "--clusterrole=reads-all",
        "--serviceaccount=default:reader",
      ],
    ]);
    await asGuest(sandbox, "reader", async (variables) => {
      const missing =
        /these credentials may not patch namespaces; create, patch and delete configmaps, deployments\.apps, .* in namespace ml; create and update leases\.coordination\.k8s\.io in namespace default; delete pods in namespace ml; create pods\/portforward in namespace ml/;
      const before = await versionsOf(sandbox);
      for (const mode of ["r1", "ml"]) {
        const { code, output } = await tryUp(sandbox, mode, variables);
        assert.notEqual(code, 0);
        assert.match(output, missing);
        assert.match(output, /docs\/rbac\/updater\.yaml/);
      }
      const refused = await startGpuMode(sandbox, ["r1"], variables).ended;
      assert.equal(refused.code, exitCodes.refused, refused.stdout + refused.stderr);
      assert.match(refused.stderr, missing);
      const doctor = await startGpuMode(sandbox, ["doctor"], variables).ended;
      assert.equal(doctor.code, exitCodes.refused);
      assert.match(doctor.stdout, missing);
      const { warnings } = JSON.parse(
        (await startGpuMode(sandbox, ["status", "--json"], variables).ended).stdout,
      ) as { warnings: string[] };
      assert.ok(!warnings.some((text) => text.includes("credentials")), "who looks on needs no such rights");
      assert.deepEqual(await versionsOf(sandbox), before);
    });
    await asGuest(sandbox, "nobody", async (variables) => {
      const doctor = await startGpuMode(sandbox, ["doctor", "--json"], variables).ended;
      assert.equal(doctor.code, exitCodes.refused);
      const { findings } = JSON.parse(doctor.stdout) as { findings: Finding[] };
      assert.deepEqual(
        findings.filter(({ state }) => state === "fault").map(({ item }) => item),
        ["rights"],
      );
    });
  });

  describe("of its public route", () => {
    interface Told {
      reached: boolean;
      warnings: string[];
      route: { url: string; ready: boolean | null; detail: string };
    }
    const url = "https://vllm.home.jetzinger.com";
    const statusOf = () => gpuModeJson<Told>(sandbox, "status");
    const outputOf = async (mode: string) =>
      (await pulumiSucceeds(sandbox, ["stack", "output", "status", "-s", mode])).trim();
    const findingOf = async (item: string, mode: string) =>
      (await gpuModeJson<{ findings: Finding[] }>(sandbox, "doctor", mode)).findings.find(
        (one) => one.item === item,
      );

    afterEach(async () => {
      // Its stages come back with it.
      await sandbox.setScenario({ name: "healthy", loadSeconds: 0.2, stopSeconds: 0.2 });
      await eventually(20, async () => ((await statusOf()).route.ready ? true : undefined));
    });

    it("warns of a certificate that is not ready, in up, gpu-mode, status and doctor alike", async () => {
      assert.deepEqual((await statusOf()).route, { url, ready: true, detail: "its certificate is ready" });
      const conditions = [
        {
          ...{ type: "Ready", status: "False", reason: "DoesNotExist" },
          message: "Issuing certificate as Secret does not exist",
          lastTransitionTime: "2026-11-24T08:00:00Z",
        },
      ];
      await kubectl([
        ["delete", "stage", "certificate-ready"],
        [
          ...["patch", "certificate", "vllm-tls", "-n", "ml", "--subresource=status", "--type=merge", "-p"],
          JSON.stringify({ status: { conditions } }),
        ],
      ]);
      const why = "Certificate vllm-tls is not ready: Issuing certificate as Secret does not exist";
      const output = await up(sandbox, "ml");
      assert.ok(
        output.includes(`warning: certificate: ${why}; browsers and curl refuse ${url} until it is`),
        output,
      );
      const inside = `inside the cluster; ${url} not yet: ${why}`;
      assert.match(await outputOf("ml"), new RegExp(`^serving \\S+, default ${inside}$`));
      const told = await statusOf();
      assert.deepEqual(told.route, { url, ready: false, detail: why });
      assert.equal(told.reached, true, "the server itself serves");
      assert.ok(told.warnings.some((text) => text.startsWith(`certificate: ${why}`)));
      assert.equal((await findingOf("certificate", "ml"))?.state, "warning");
      assert.match(
        (await gpuModeEnds(sandbox, 0, "ml")).stdout,
        new RegExp(`serves \\S+, default ${inside}\\.$`, "m"),
      );
      const { stdout } = await gpuModeEnds(sandbox, 0, "r1");
      assert.match(stdout, new RegExp(`^Mode r1 serves \\S+, default ${inside}, after`, "m"));
    });

    it("has it for a new host only when there is a certificate for that one", async () => {
      configure(sandbox, "r1", { route: { host: "llm.example.org", issuer: "letsencrypt-prod" } });
      assert.equal((await statusOf()).route.detail, "Certificate vllm-tls is for vllm.home.jetzinger.com");
      await up(sandbox, "r1");
      assert.match(await outputOf("r1"), /^serving \S+, default$/);
      assert.deepEqual((await statusOf()).route, {
        ...{ url: "https://llm.example.org", ready: true },
        detail: "its certificate is ready",
      });
    });

    it("warns of a Traefik that the NetworkPolicy does not admit, with the setting that would", async () => {
      await kubectl([
        ["create", "namespace", "ingress"],
        ["wait", "--for=create", "serviceaccount/default", "-n", "ingress", "--timeout=30s"],
        ["run", "traefik", "-n", "ingress", "--image=traefik:v3", "--labels=app.kubernetes.io/name=traefik"],
      ]);
      try {
        configure(sandbox, "r1", { route: undefined });
        const output = await up(sandbox, "r1");
        assert.match(
          output,
          /warning: way in: Traefik runs in namespace ingress, and the NetworkPolicy admits it in kube-system only, .* Add it to `access\.namespaces: \[apps, docs, monitoring, ingress\]`/,
        );
        const { route, warnings } = await statusOf();
        assert.deepEqual([route.ready, warnings.some((text) => text.startsWith("way in: "))], [false, true]);
        assert.equal((await findingOf("way in", "r1"))?.state, "warning");
        configure(sandbox, "r1", { access: { namespaces: ["ingress"] } });
        assert.equal((await findingOf("way in", "r1"))?.state, "ok");
      } finally {
        configure(sandbox, "r1", { access: undefined });
        await kubectl([
          ["delete", "namespace", "ingress", "--wait=false"],
          ["delete", "pod", "traefik", "-n", "ingress"],
        ]);
      }
    });
  });

  describe("where the namespace or a kind is gone", () => {
    it("refuses a namespace that is being deleted, at once and in words", async () => {
      const held = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "held", namespace: "ml", finalizers: ["example.org/held"] },
      };
      await kubectlOn(sandbox, ["create", "-f", "-"], JSON.stringify(held));
      await kubectl([
        ["delete", "namespace", "ml", "--wait=false"],
        // Until it is gone the mode serves, and there is nothing to do.
        ["wait", "--for=delete", "deployment/vllm-server", "-n", "ml", "--timeout=60s"],
      ]);
      const fault =
        /^ +namespace: namespace ml is being deleted, so nothing can be made in it\. Wait for its end/m;
      const { stderr } = await gpuModeEnds(sandbox, exitCodes.refused, "r1");
      assert.match(stderr, fault);
      const { code, output } = await tryUp(sandbox, "r1");
      assert.notEqual(code, 0);
      assert.match(output, fault);
      assert.doesNotMatch(output, /being terminated/);
      await kubectl([
        ["patch", "configmap", "held", "-n", "ml", "--type=merge", "-p", '{"metadata":{"finalizers":null}}'],
      ]);
    });

    it("refuses a cluster without a kind that the route is made of", async () => {
      await kubectl([
        ["wait", "--for=delete", "namespace/ml", "--timeout=60s"],
        ["delete", "crd", "clusterissuers.cert-manager.io"],
      ]);
      await eventually(30, async () => {
        const { code, stderr } = await startGpuMode(sandbox, ["r1"]).ended;
        assert.equal(code, exitCodes.refused);
        assert.match(stderr, /^ +cert-manager: the cluster has no clusterissuers of cert-manager\.io\/v1/m);
        return true;
      });
      assert.equal(await kubectlOn(sandbox, ["get", "namespace", "ml", "--ignore-not-found"]), "");
    });
  });
});
