// Does NOT prove that a finding is true of a real network, Traefik or GPU: the sandbox has none; it proves what is told of a real API server's objects.
import assert from "node:assert/strict";
import { join } from "node:path";
import { exitCodes } from "../../cli/exit-codes.ts";
import type { Finding } from "../../cluster/findings/finding.ts";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { configure } from "../support/configure.ts";
import { type Ended, gpuMode, startGpuMode } from "../support/gpu-mode.ts";
import { asGuest, withKubeconfig } from "../support/kubeconfig.ts";
import { eventually, kubectlOn, startedSandbox } from "../support/sandbox.ts";

interface Answer {
  mode: string;
  cluster: { server: string; context: string };
  ok: boolean;
  counts: Record<Finding["state"], number>;
  findings: Finding[];
}

/** A change by kubectl, what the doctor makes of it, and the way back. */
interface Broken {
  about: string;
  /** Each a kubectl command. */
  change: readonly (readonly string[])[];
  back: readonly (readonly string[])[];
  item: string;
  state: Finding["state"];
  found: RegExp;
  fix: RegExp;
}

const issuerStatus = (status: "True" | "False", message: string): readonly string[] => [
  ...["patch", "clusterissuer", "letsencrypt-prod", "--subresource=status", "--type=merge", "-p"],
  JSON.stringify({
    status: {
      conditions: [
        { type: "Ready", status, reason: "Test", message, lastTransitionTime: "2026-11-24T08:00:00Z" },
      ],
    },
  }),
];
const enforce = "pod-security.kubernetes.io/enforce";
const traefikService = ["service", "traefik", "-n", "kube-system"] as const;

const broken: readonly Broken[] = [
  {
    about: "a RuntimeClass that is missing",
    change: [["delete", "runtimeclass", "nvidia"]],
    back: [["create", "-f", join(import.meta.dirname, "../../lab/sandbox/world/runtime-class.yaml")]],
    item: "RuntimeClass",
    state: "fault",
    found: /^there is no RuntimeClass nvidia, so no pod of the server can be made$/,
    fix: /^Install NVIDIA's container toolkit on the node and restart k3s there/,
  },
  {
    about: "a taint that was taken away",
    change: [["taint", "node", "k3s-gpu-worker", "gpu-"]],
    back: [["taint", "node", "k3s-gpu-worker", "gpu=true:NoSchedule"]],
    item: "taint",
    state: "warning",
    found: /^k3s-gpu-worker has no taint gpu=true:NoSchedule/,
    fix: /kubectl taint node k3s-gpu-worker gpu=true:NoSchedule/,
  },
  {
    about: "a label that was taken away",
    change: [["label", "node", "k3s-gpu-worker", "nvidia.com/gpu-"]],
    back: [["label", "node", "k3s-gpu-worker", "nvidia.com/gpu=true"]],
    item: "GPU node",
    state: "fault",
    found: /^no node of the cluster carries the label nvidia\.com\/gpu=true$/,
    fix: /kubectl label node k3s-gpu-worker nvidia\.com\/gpu=true/,
  },
  {
    about: "an issuer that is not ready",
    change: [issuerStatus("False", "Failed to register the ACME account")],
    back: [issuerStatus("True", "registered")],
    item: "ClusterIssuer",
    state: "fault",
    found:
      /^letsencrypt-prod is not ready: Failed to register the ACME account, so the route gets no certificate$/,
    fix: /^Look what cert-manager says: `kubectl describe clusterissuer letsencrypt-prod`$/,
  },
  {
    about: "a level of Pod Security that refuses the pod",
    change: [
      ["create", "namespace", "ml"],
      ["label", "namespace", "ml", `${enforce}=restricted`],
    ],
    back: [["label", "namespace", "ml", `${enforce}=privileged`, "--overwrite"]],
    item: "Pod Security",
    state: "fault",
    found:
      /^namespace ml enforces restricted, which refuses the server's pod: its model files lie in a folder of the node/,
    fix: /kubectl label namespace ml pod-security\.kubernetes\.io\/enforce=privileged --overwrite/,
  },
  {
    about: "a Traefik that does not see client addresses, with both cures",
    change: [
      ["create", "service", "loadbalancer", "traefik", "-n", "kube-system", "--tcp=443:8443"],
      ["label", ...traefikService.slice(0, 2), "-n", "kube-system", "app.kubernetes.io/name=traefik"],
    ],
    back: [["patch", ...traefikService, "-p", JSON.stringify({ spec: { externalTrafficPolicy: "Local" } })]],
    item: "client addresses",
    state: "warning",
    found: /^Service traefik has externalTrafficPolicy Cluster, so .* the address list admits everyone$/,
    fix: /^Set externalTrafficPolicy: Local .*`apiKey: true`/,
  },
  {
    about: "a k3s that was told not to enforce policies",
    change: [
      ["label", "node", "k3s-worker-02", "node-role.kubernetes.io/control-plane=true"],
      ["annotate", "node", "k3s-worker-02", 'k3s.io/node-args=["server","--disable-network-policy"]'],
    ],
    back: [["annotate", "node", "k3s-worker-02", 'k3s.io/node-args=["server"]', "--overwrite"]],
    item: "NetworkPolicy",
    state: "warning",
    found: /^k3s was started with --disable-network-policy/,
    fix: /^Start k3s without --disable-network-policy/,
  },
];

describe("gpu-mode doctor", function () {
  this.timeout(180_000);
  let sandbox: Sandbox;

  before(async () => {
    sandbox = await startedSandbox("unhurried");
  });

  after(() => sandbox?.remove());

  async function kubectl(commands: readonly (readonly string[])[]): Promise<void> {
    for (const command of commands) await kubectlOn(sandbox, command);
  }

  async function answerOf(status: number, ...args: string[]): Promise<Answer> {
    const ended = await gpuMode(sandbox, "doctor", ...args, "--json");
    assert.equal(ended.code, status, ended.stdout + ended.stderr);
    return JSON.parse(ended.stdout) as Answer;
  }

  const findingOf = ({ findings }: Answer, item: string) => findings.find((finding) => finding.item === item);

  it("finds nothing in the way in the default mode, and says what it cannot know of a sandbox", async () => {
    const answer = await answerOf(exitCodes.done);
    assert.equal(answer.mode, "ml");
    assert.equal(answer.cluster.context, "kwok-sandbox");
    assert.match(answer.cluster.server, /^https:\/\/127\.0\.0\.1:\d+$/);
    assert.equal(answer.ok, true);
    assert.equal(answer.counts.fault, 0);
    const ofCluster = Object.fromEntries(answer.findings.map(({ item, state }) => [item, state]));
    for (const [item, state] of Object.entries({
      "GPU node": "ok",
      taint: "ok",
      GPUs: "ok",
      rights: "ok",
      namespace: "ok",
      RuntimeClass: "ok",
      "Pod Security": "ok",
      Traefik: "ok",
      "cert-manager": "ok",
      ClusterIssuer: "ok",
      certificate: "ok",
      // No Traefik, no network plugin and no Ollama run in the sandbox.
      "way in": "unknown",
      "client addresses": "unknown",
      NetworkPolicy: "unknown",
      "TLS Secret": "ok",
      openness: "ok",
      "vLLM's version": "ok",
      Ollama: "warning",
    })) {
      assert.equal(ofCluster[item], state, item);
    }
  });

  it("is a table for a person, in plain text where there is no terminal, and tells what it asks", async () => {
    const { code, stdout, stderr } = await gpuMode(sandbox, "doctor");
    assert.equal(code, exitCodes.done);
    assert.match(stdout, /^✔ ok {7}RuntimeClass +nvidia, handler nvidia$/m);
    assert.match(
      stdout,
      /^! warning {2}Ollama +no Service and Deployment ollama.*\n +→ Install Ollama there/m,
    );
    assert.match(stdout, /^\? unknown {2}NetworkPolicy/m);
    assert.match(stdout, /\nNothing stands in the way of mode ml: \d+ ok, /);
    assert.doesNotMatch(stdout, new RegExp(String.fromCharCode(27)));
    assert.match(stderr, /^ {2}GPU node k3s-gpu-worker …$/m);
    assert.match(stderr, /^ {2}cluster https:\S+ done in \d/m);
  });

  for (const { about, change, back, item, state, found, fix } of broken) {
    it(`tells ${about}, and that it is fixed`, async () => {
      await kubectl(change);
      const answer = await answerOf(state === "fault" ? exitCodes.refused : exitCodes.done);
      const finding = findingOf(answer, item);
      assert.equal(finding?.state, state, JSON.stringify(answer.findings));
      assert.match(finding?.found ?? "", found);
      assert.match(finding?.fix ?? "", fix);
      assert.equal(answer.ok, state !== "fault");
      await kubectl(back);
      assert.equal(findingOf(await answerOf(exitCodes.done), item)?.state, "ok");
    });
  }

  it("tells a GPU that is gone, and a node that is off: a fault for a switch, and none for the active mode", async () => {
    await sandbox.setGpu("gone");
    assert.equal(findingOf(await answerOf(exitCodes.refused), "GPUs")?.state, "fault");
    await sandbox.setGpu("present");
    await sandbox.setGpuNodePower("off");
    assert.equal(findingOf(await answerOf(exitCodes.refused), "GPU node")?.state, "fault");
    const claim = {
      ...{ mode: "ml", stack: "ml", switch: "1", planHash: "0", source: "unknown" },
      since: "2026-11-24T08:00:00Z",
    };
    const literals = Object.entries(claim).map(([key, value]) => `--from-literal=${key}=${value}`);
    await kubectl([["create", "configmap", "gpu-mode", "-n", "ml", ...literals]]);
    assert.equal(findingOf(await answerOf(exitCodes.done), "GPU node")?.state, "warning");
    await kubectl([["delete", "configmap", "gpu-mode", "-n", "ml"]]);
    await sandbox.setGpuNodePower("on");
    await eventually(20, async () =>
      findingOf(await answerOf(exitCodes.done), "GPU node")?.state === "ok" ? true : undefined,
    );
  });

  it("counts a fallback that is ready, and names the mode that it was asked for", async () => {
    await kubectl([
      ["create", "deployment", "ollama", "-n", "ml", "--image=ollama/ollama"],
      ["create", "service", "clusterip", "ollama", "-n", "ml", "--tcp=11434:11434"],
    ]);
    const answer = await eventually(20, async () => {
      const one = await answerOf(exitCodes.done, "gaming");
      return findingOf(one, "Ollama")?.state === "ok" ? one : undefined;
    });
    assert.equal(answer.mode, "gaming");
    assert.equal(findingOf(answer, "RuntimeClass"), undefined, "a mode that runs no server needs none");
    const { code, stderr } = await gpuMode(sandbox, "doctor", "chess");
    assert.equal(code, exitCodes.usage);
    assert.match(stderr, /There is no mode chess/);
  });

  it("says of credentials that may nothing that they may not, and of the rest that it may not be read", async () => {
    await asGuest(sandbox, "guest", async (variables) => {
      const ended = await elsewhere(["doctor", "--json"], variables);
      assert.equal(ended.code, exitCodes.refused, ended.stdout + ended.stderr);
      const answer = JSON.parse(ended.stdout) as Answer;
      assert.equal(answer.counts.fault, 1);
      assert.match(
        findingOf(answer, "rights")?.found ?? "",
        /^these credentials may not get and patch namespaces; get, create, patch and delete configmaps, deployments\.apps, /,
      );
      for (const item of ["GPU node", "RuntimeClass", "Pod Security", "ClusterIssuer", "NetworkPolicy"]) {
        assert.equal(findingOf(answer, item)?.state, "unknown", item);
      }
      assert.match(findingOf(answer, "RuntimeClass")?.found ?? "", /^may not be read: .*cannot get resource/);
      assert.match(findingOf(answer, "RuntimeClass")?.fix ?? "", /`kubectl get runtimeclass`$/);
      assert.equal(findingOf(answer, "cert-manager")?.state, "ok", "everybody may ask what is served");
    });
    await withKubeconfig(
      sandbox,
      (text) => text.replace(/\n *client-certificate.*\n\s*client-key.*/, " {}"),
      async (variables) => {
        const ended = await elsewhere(["doctor", "--json"], variables);
        assert.equal(ended.code, exitCodes.refused, ended.stdout + ended.stderr);
        assert.match(
          findingOf(JSON.parse(ended.stdout) as Answer, "rights")?.found ?? "",
          /^these credentials may do nothing here: .*"system:anonymous" cannot create/,
        );
      },
    );
  });

  it("ends as unreachable where the cluster does not answer, with its address", async () => {
    await withKubeconfig(
      sandbox,
      (text) => text.replace(/server: .*/, "server: https://127.0.0.1:9"),
      async (variables) => {
        const { code, stdout, stderr } = await elsewhere(["doctor", "--json"], variables);
        assert.equal(code, exitCodes.unreachable);
        assert.equal((JSON.parse(stdout) as { error: { exit: string } }).error.exit, "unreachable");
        assert.match(stderr, /The cluster cannot be reached: https:\/\/127\.0\.0\.1:9 does not answer/);
      },
    );
  });

  describe("where a kind is missing", () => {
    it("tells a kind that the cluster does not have", async () => {
      await kubectl([["delete", "crd", "clusterissuers.cert-manager.io"]]);
      const answer = await eventually(30, async () => {
        const one = await gpuMode(sandbox, "doctor", "--json");
        return one.code === exitCodes.refused ? (JSON.parse(one.stdout) as Answer) : undefined;
      });
      assert.match(
        findingOf(answer, "cert-manager")?.found ?? "",
        /^the cluster has no clusterissuers of cert-manager\.io\/v1/,
      );
      assert.match(findingOf(answer, "cert-manager")?.fix ?? "", /route\.enabled: false/);
      assert.equal(findingOf(answer, "ClusterIssuer")?.state, "unknown");
      configure(sandbox, "ml", { route: { enabled: false } });
      assert.equal(
        findingOf(await answerOf(exitCodes.done), "cert-manager"),
        undefined,
        "no route, no certificate",
      );
    });
  });

  function elsewhere(args: readonly string[], more: NodeJS.ProcessEnv): Promise<Ended> {
    return startGpuMode(sandbox, args, more).ended;
  }
});
