// Does NOT prove that k3s judges rights as this API server does, nor what a login plugin adds to them.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, parseAllDocuments, stringify } from "yaml";
import { driftCodes } from "../../cli/drift/exit-codes.ts";
import { exitCodes } from "../../cli/exit-codes.ts";
import { projectRoot } from "../../lab/sandbox/base/paths.ts";
import { reachedBy } from "../../lab/sandbox/front.ts";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { configure } from "../support/configure.ts";
import { gpuMode, gpuModeEnds, gpuModeJson } from "../support/gpu-mode.ts";
import { pulumiOn, pulumiSucceeds, tryUp, up, upChangesNothing } from "../support/pulumi.ts";
import { kubectlOn, startedSandbox } from "../support/sandbox.ts";
import { versionsOf } from "../support/whole-mode.ts";

interface Rule {
  resources: string[];
  verbs: string[];
}

describe("credentials with the documented rights", function () {
  this.timeout(240_000);
  let sandbox: Sandbox;
  /** The sandbox as a person with those rights has it. One path for all, as the state remembers it. */
  let limited: Sandbox;

  before(async () => {
    sandbox = await startedSandbox();
    limited = reachedBy(sandbox, `${sandbox.kubeconfig}.limited`);
    for (const mode of ["ml", "r1", "gaming"]) configure(sandbox, mode, { apiKey: true });
    // No pod waits for it: nothing here gives it a volume.
    configure(sandbox, "gaming", { cache: { claim: { size: "50Gi" } } });
    await kubectlOn(sandbox, ["create", "namespace", "ml"]);
    for (const role of ["updater", "reader", "reader-token"]) {
      await kubectlOn(sandbox, ["apply", "-f", join(projectRoot, "docs/rbac", `${role}.yaml`)]);
    }
  });

  after(() => sandbox?.remove());

  async function actAs(role: "updater" | "reader"): Promise<void> {
    const token = await (role === "reader"
      ? lastingToken()
      : kubectlOn(sandbox, ["create", "token", `vllm-platform-${role}`, "-n", "ml"]));
    const config = parse(readFileSync(sandbox.kubeconfig, "utf8")) as { users: { user: object }[] };
    for (const one of config.users) one.user = { token: token.trim() };
    writeFileSync(limited.kubeconfig, stringify(config));
  }

  /** The reader's, as docs/your-cluster.md has it. */
  async function lastingToken(): Promise<string> {
    const secret = ["secret/vllm-platform-reader-token", "-n", "ml"];
    await kubectlOn(sandbox, ["wait", ...secret, "--for=jsonpath={.data.token}"]);
    return kubectlOn(sandbox, ["get", ...secret, "-o", "go-template={{.data.token | base64decode}}"]);
  }

  /** Runs something while the updater's rules are others, and gives the documented ones back. */
  async function withRules(change: (rule: Rule) => Rule, run: () => Promise<void>): Promise<void> {
    const file = join(projectRoot, "docs/rbac/updater.yaml");
    const changed = parseAllDocuments(readFileSync(file, "utf8")).map((document) => {
      const object = document.toJS() as { rules?: Rule[] };
      return object.rules === undefined
        ? object
        : { ...object, rules: object.rules.map(change).filter(({ verbs }) => verbs.length > 0) };
    });
    const text = changed.map((object) => stringify(object)).join("---\n");
    await kubectlOn(sandbox, ["apply", "-f", "-"], text);
    try {
      await run();
    } finally {
      await kubectlOn(sandbox, ["apply", "-f", file]);
    }
  }

  const without =
    (resource: string, ...verbs: string[]) =>
    (rule: Rule): Rule =>
      rule.resources.includes(resource)
        ? { ...rule, verbs: rule.verbs.filter((verb) => !verbs.includes(verb)) }
        : rule;

  it("of an updater bring up a mode, switch, verify it, tell the status and look for what is wrong", async () => {
    await actAs("updater");
    await up(limited, "ml");
    await upChangesNothing(limited, "ml");
    await gpuModeEnds(limited, 0, "gaming");
    const idle = await gpuModeEnds(limited, 0, "verify");
    await gpuModeEnds(limited, 0, "ml");
    const verified = await gpuModeEnds(limited, 0, "verify");
    for (const { stdout } of [idle, verified]) assert.doesNotMatch(stdout, /may not/);
    assert.match(verified.stdout, /^✔ ok +without the key /m);
    const status = await gpuModeJson<{ reached: boolean; gpuNodes: { heldBy: unknown }[] }>(
      limited,
      "status",
    );
    assert.equal(status.reached, true);
    assert.deepEqual(
      status.gpuNodes.map(({ heldBy }) => heldBy),
      [[]],
    );
    const { stdout: examined } = await gpuMode(limited, "doctor", "ml");
    assert.doesNotMatch(examined, /may not/);
    assert.match(
      examined,
      /^✔ ok +role +these credentials may look and change: all of docs\/rbac\/updater\.yaml$/m,
    );
    await pulumiSucceeds(limited, ["preview", "-s", "ml", "--expect-no-changes"]);
    await gpuModeEnds(limited, 0, "init", "--json");
  });

  it("of a reader compare files, state and cluster, and change nothing", async () => {
    await actAs("reader");
    for (const command of [["preview"], ["refresh", "--preview-only"]]) {
      await pulumiSucceeds(limited, [...command, "-s", "ml", "--expect-no-changes"]);
    }
    await gpuModeEnds(limited, driftCodes.none, "drift");
    const before = await versionsOf(sandbox);
    const { stdout: examined } = await gpuModeEnds(limited, exitCodes.refused, "doctor", "ml");
    assert.match(
      examined,
      /^✔ ok +role +these credentials may look, and change nothing: all of docs\/rbac\/reader\.yaml$/m,
    );
    assert.match(examined, /^✖ fault +rights +these credentials may not /m);
    for (const command of ["status", "verify"]) {
      const { stdout, stderr } = await gpuMode(limited, command);
      assert.match(`${stdout}${stderr}`, /cannot list resource "pods"|may not forward ports/, command);
    }
    const { code, output } = await tryUp(limited, "ml");
    assert.notEqual(code, 0);
    assert.match(output, /does not allow what an update needs; nothing was changed/);
    assert.deepEqual(await versionsOf(sandbox), before);
  });

  it("of a reader that lacks one of them never say that there is no drift", async () => {
    await actAs("reader");
    const refused = async (): Promise<string[]> => {
      const { stdout } = await gpuModeEnds(limited, driftCodes.unknown, "drift", "--json");
      const { unknown } = JSON.parse(stdout) as { unknown: string[] };
      return unknown.map(
        (text) => /^The cluster does not allow .*?: (.* is forbidden): /.exec(text)?.[1] ?? text,
      );
    };
    await kubectlOn(sandbox, ["delete", "clusterrolebinding", "vllm-platform-reader"]);
    assert.deepEqual(await refused(), ['namespaces "ml" is forbidden', "nodes is forbidden"]);
    await kubectlOn(sandbox, ["delete", "rolebinding", "vllm-platform-reader", "-n", "ml"]);
    assert.deepEqual(await refused(), [
      'configmaps "gpu-mode" is forbidden',
      'deployments.apps "vllm-server" is forbidden',
    ]);
    const { stderr } = await gpuModeEnds(limited, exitCodes.refused, "verify");
    assert.match(stderr, /not allow it:\n +configmaps "gpu-mode" .*\n +deployments\.apps "vllm-server" /);
    await kubectlOn(sandbox, ["delete", "rolebinding", "vllm-platform-reader", "-n", "default"]);
    assert.deepEqual(await refused(), [
      'configmaps "gpu-mode" is forbidden',
      'deployments.apps "vllm-server" is forbidden',
      'leases.coordination.k8s.io "vllm-platform" is forbidden',
    ]);
    await kubectlOn(sandbox, ["apply", "-f", join(projectRoot, "docs/rbac/reader.yaml")]);
  });

  describe("and one of them missing, are told which", () => {
    before(() => actAs("updater"));

    it("by a drift that is to remove what no stack declares, before anything is deleted", async () => {
      const labels = { "app.kubernetes.io/part-of": "vllm-platform" };
      const stray = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "stray", namespace: "ml", labels },
      };
      await kubectlOn(sandbox, ["apply", "-f", "-"], JSON.stringify(stray));
      await kubectlOn(sandbox, [
        "autoscale",
        "deployment/vllm-server",
        "-n",
        "ml",
        "--name=greedy",
        "--max=1",
      ]);
      const there = () =>
        kubectlOn(sandbox, ["get", "configmap/stray", "hpa/greedy", "-n", "ml", "-o", "name"]);
      const grant = (resources: string) =>
        kubectlOn(sandbox, [
          "create",
          "role",
          "pruner",
          "-n",
          "ml",
          "--verb=delete",
          `--resource=${resources}`,
        ]);
      await kubectlOn(sandbox, [
        ...["create", "rolebinding", "pruner", "-n", "ml", "--role=pruner"],
        "--serviceaccount=ml:vllm-platform-updater",
      ]);
      const both = await there();
      const none = await gpuModeEnds(limited, exitCodes.refused, "drift", "--fix", "--prune", "--yes");
      assert.match(
        none.stderr,
        /nothing was changed\.\n.*these credentials may not delete configmaps, horizontalpodautoscalers\.autoscaling in namespace ml\. Have somebody who may do it: `kubectl delete -n ml ConfigMap\/stray HorizontalPodAutoscaler\/greedy`/,
      );
      await grant("configmaps");
      const one = await gpuModeEnds(limited, exitCodes.refused, "drift", "--fix", "--prune", "--yes");
      assert.match(one.stderr, /may not delete horizontalpodautoscalers\.autoscaling in namespace ml\./);
      assert.equal(await there(), both);
      await kubectlOn(sandbox, ["delete", "role", "pruner", "-n", "ml"]);
      await grant("configmaps,horizontalpodautoscalers.autoscaling");
      await gpuModeEnds(limited, driftCodes.none, "drift", "--fix", "--prune", "--yes");
      await assert.rejects(there(), /stray.*not found/);
      await kubectlOn(sandbox, ["delete", "role/pruner", "rolebinding/pruner", "-n", "ml"]);
    });

    it("by a switch that may not ask the server, at once", () =>
      withRules(without("pods/portforward", "create"), async () => {
        const words =
          /these credentials may not forward ports to pods in ml: allow `create` and `get` on pods\/portforward/;
        const refused = await gpuModeEnds(limited, exitCodes.refused, "r1");
        assert.match(
          refused.stderr,
          /rights: these credentials may not create pods\/portforward in namespace ml/,
        );
        const { stderr } = await gpuModeEnds(limited, exitCodes.failed, "r1", "--force");
        assert.match(stderr, words);
        assert.doesNotMatch(stderr, /took longer/);
        const { stdout } = await gpuModeEnds(limited, 0, "status");
        assert.match(stdout, /^pod +ready, but these credentials may not forward ports/m);
      }));

    it("by a switch whose server fails and whose log may not be read", () =>
      withRules(without("pods/log", "get"), async () => {
        await sandbox.setScenario({ name: "crash-loop", stopSeconds: 0.2 });
        const { stderr } = await gpuModeEnds(limited, exitCodes.failed, "ml", "--force");
        await sandbox.setScenario(healthy);
        assert.match(
          stderr,
          /these credentials may not read the logs of pods in ml: allow `get` on pods\/log/,
        );
      }));

    it("by status, doctor and a switch that do not know who holds the GPU", () =>
      withRules(without("pods", "list"), async () => {
        // In `ml` itself they are listed all the same.
        await kubectlOn(sandbox, ["apply", "-f", "-"], listInMl);
        const words = /these credentials may not read which pods hold them/;
        assert.match((await gpuModeEnds(limited, 0, "r1")).stdout, words);
        assert.match((await gpuModeEnds(limited, 0, "status")).stdout, words);
        assert.match((await gpuMode(limited, "doctor", "r1")).stdout, words);
      }));

    it("by a switch that may take the Lease and not renew it", () =>
      withRules(without("leases", "update"), async () => {
        await kubectlOn(sandbox, ["delete", "lease", "vllm-platform", "-n", "default"]);
        await sandbox.setScenario({ ...healthy, loadSeconds: 10 });
        const { stderr } = await gpuModeEnds(limited, exitCodes.locked, "ml", "--force");
        await sandbox.setScenario(healthy);
        assert.match(stderr, /Lease can be taken and not renewed: leases.*"vllm-platform" is forbidden/);
      }));
  });

  describe("at the end", () => {
    it("of an updater take the platform away again", async () => {
      await actAs("updater");
      await gpuModeEnds(limited, 0, "ml");
      const { code, output } = await pulumiOn(limited, ["destroy", "--yes", "--skip-preview", "-s", "ml"]);
      assert.equal(code, 0, output);
      assert.deepEqual(Object.keys(await versionsOf(sandbox)).sort(), [
        "ConfigMap/kube-root-ca.crt",
        "PersistentVolumeClaim/vllm-model-cache",
        "Secret/vllm-api-key",
        // The reader's own.
        "Secret/vllm-platform-reader-token",
      ]);
    });
  });
});

const healthy = { name: "healthy", loadSeconds: 0.2, stopSeconds: 0.2 } as const;

const listInMl = JSON.stringify({
  apiVersion: "v1",
  kind: "List",
  items: [
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata: { name: "pods-in-ml", namespace: "ml" },
      rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["list"] }],
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name: "pods-in-ml", namespace: "ml" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "pods-in-ml" },
      subjects: [{ kind: "ServiceAccount", name: "vllm-platform-updater", namespace: "ml" }],
    },
  ],
});
