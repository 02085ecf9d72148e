// Does NOT prove what a real GPU, kubelet or controller changes by itself: here nobody changes anything but the test.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { driftCodes } from "../../cli/drift/exit-codes.ts";
import { exitCodes } from "../../cli/exit-codes.ts";
import { sandboxPaths } from "../../lab/sandbox/base/paths.ts";
import { type Front, frontOf, reachedBy } from "../../lab/sandbox/front.ts";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { possibleObjects } from "../../stacks/vocabulary/objects.ts";
import { configure } from "../support/configure.ts";
import { modes } from "../support/expected-objects.ts";
import { type Ended, gpuMode, gpuModeEnds, startGpuMode } from "../support/gpu-mode.ts";
import type { Live } from "../support/live.ts";
import { seeds } from "../support/property.ts";
import { pulumiSucceeds } from "../support/pulumi.ts";
import { kubectlOn, startedSandbox } from "../support/sandbox.ts";
import { platformObjects, versionsOf } from "../support/whole-mode.ts";

interface Found {
  verdict: string;
  against: string | null;
  drifts: {
    part: string;
    kind: string;
    object: string;
    field?: string;
    by?: string;
    at?: string;
    how?: string;
  }[];
  ignored: { object: string; reason: string }[];
  unknown: string[];
  notes: string[];
  fingerprint: string;
}

describe("gpu-mode drift", function () {
  this.timeout(300_000);
  let sandbox: Sandbox;

  before(async () => {
    sandbox = await startedSandbox();
  });

  after(() => sandbox?.remove());

  async function look(status: number, ...options: string[]): Promise<Found> {
    return JSON.parse((await gpuModeEnds(sandbox, status, "drift", "--json", ...options)).stdout) as Found;
  }

  const inShort = ({ drifts }: Found): string[] =>
    drifts
      .map(({ kind, object, field }) => `${kind} ${object}${field === undefined ? "" : `: ${field}`}`)
      .sort();

  const kubectl = (...args: string[]) => kubectlOn(sandbox, ["-n", "ml", ...args]);
  const patch = (object: string, ...operations: object[]) =>
    kubectl("patch", object, "--type=json", "-p", JSON.stringify(operations));

  /** All that a look might change. */
  const everything = async () => [
    await versionsOf(sandbox),
    await pulumiSucceeds(sandbox, ["stack", "export", "-s", "ml"]),
  ];

  it("is none where no mode has the GPU yet", async () => {
    assert.deepEqual((await look(driftCodes.none)).notes, ["No mode has the GPU, so nothing is declared."]);
  });

  for (const mode of [...modes.filter((one) => one !== "ml"), "ml"]) {
    it(`is none in an untouched platform of mode ${mode}`, async () => {
      await gpuModeEnds(sandbox, 0, mode);
      const { verdict, against, drifts, unknown } = await look(driftCodes.none);
      assert.deepEqual(
        { verdict, against, drifts, unknown },
        { verdict: "none", against: "state", drifts: [], unknown: [] },
      );
    });
  }

  describe("after changes by hand", () => {
    const pod = "spec.template.spec";
    const server = `${pod}.containers[vllm]`;
    const expected = [
      "added ConfigMap/llm-fallback-config: data.EXTRA",
      "certificate Certificate/vllm-tls",
      `added Deployment/vllm-server: ${pod}.containers[helper]`,
      `added Deployment/vllm-server: ${server}.args[--trust-remote-code]`,
      `added Deployment/vllm-server: ${server}.env[TOKEN]`,
      `added Deployment/vllm-server: ${pod}.volumes[more]`,
      "changed ConfigMap/llm-fallback-config: data.VLLM_ENDPOINT",
      'changed Deployment/vllm-server: metadata.labels["app.kubernetes.io/component"]',
      "changed Deployment/vllm-server: spec.replicas",
      `changed Deployment/vllm-server: ${server}.image`,
      "changed IngressRoute/vllm-https: spec.entryPoints",
      "changed NetworkPolicy/vllm-server: spec.ingress",
      "changed PodDisruptionBudget/vllm-pdb: spec.minAvailable",
      "gpu Pod/default/miner",
      "missing Service/vllm-api",
      "node Node/k3s-gpu-worker: spec.taints",
      "scaler HorizontalPodAutoscaler/greedy",
      "taken Middleware/vllm-access: spec.ipAllowList.sourceRange",
      "undeclared ConfigMap/stray",
    ].sort();

    before(async () => {
      // Nobody signs from here on.
      await kubectlOn(sandbox, ["delete", "stage/certificate-ready"]);
      const template = "/spec/template/spec";
      await patch(
        "deployment/vllm-server",
        { op: "add", path: `${template}/containers/0/env/-`, value: { name: "TOKEN", value: "s3cret" } },
        { op: "add", path: `${template}/containers/0/args/-`, value: "--trust-remote-code" },
        { op: "replace", path: `${template}/containers/0/image`, value: "vllm/vllm-openai:v0.9.0" },
        { op: "add", path: `${template}/containers/-`, value: { name: "helper", image: "busybox" } },
        { op: "add", path: `${template}/volumes/-`, value: { name: "more", emptyDir: {} } },
      );
      await kubectl("scale", "deployment/vllm-server", "--replicas=2");
      await kubectl("label", "deployment/vllm-server", "app.kubernetes.io/component-");
      await kubectl("delete", "service/vllm-api");
      await patch(
        "configmap/llm-fallback-config",
        { op: "replace", path: "/data/VLLM_ENDPOINT", value: "http://s3cret" },
        { op: "add", path: "/data/EXTRA", value: "1" },
      );
      await patch("pdb/vllm-pdb", { op: "replace", path: "/spec/minAvailable", value: 1 });
      await patch("ingressroute/vllm-https", { op: "replace", path: "/spec/entryPoints", value: ["web"] });
      await patch("networkpolicy/vllm-server", {
        ...{ op: "add", path: "/spec/ingress/0/from/-", value: { ipBlock: { cidr: "0.0.0.0/0" } } },
      });
      // There and back: the value is right, and no longer ours.
      const range = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"];
      for (const value of [["0.0.0.0/0"], range]) {
        await patch("middleware/vllm-access", {
          op: "replace",
          path: "/spec/ipAllowList/sourceRange",
          value,
        });
      }
      await kubectlOn(sandbox, ["apply", "-f", stray()]);
      await kubectlOn(sandbox, ["taint", "node", "k3s-gpu-worker", "gpu-"]);
      await sign("False", "the issuer does not answer");
    });

    const sign = (status: string, message: string) =>
      kubectl(
        ...["patch", "certificate/vllm-tls", "--subresource=status", "--type=json", "-p"],
        JSON.stringify(
          Object.entries({ status, message }).map(([key, value]) => ({
            op: "replace",
            path: `/status/conditions/0/${key}`,
            value,
          })),
        ),
      );

    function stray(): string {
      const labels = {
        "app.kubernetes.io/part-of": "vllm-platform",
        "app.kubernetes.io/managed-by": "pulumi",
      };
      const file = join(sandboxPaths(sandbox.dir).dir, "stray.json");
      const items = [
        { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "stray", namespace: "ml", labels } },
        {
          apiVersion: "autoscaling/v2",
          kind: "HorizontalPodAutoscaler",
          metadata: { name: "greedy", namespace: "ml" },
          spec: {
            scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "vllm-server" },
            ...{ minReplicas: 1, maxReplicas: 2 },
          },
        },
        {
          apiVersion: "v1",
          kind: "Pod",
          metadata: { name: "miner", namespace: "default" },
          spec: {
            nodeName: "k3s-gpu-worker",
            containers: [{ name: "x", image: "x", resources: { limits: { "nvidia.com/gpu": "1" } } }],
          },
        },
      ];
      writeFileSync(file, JSON.stringify({ apiVersion: "v1", kind: "List", items }));
      return file;
    }

    it("names each object and field, who changed it and when, shows no secret, and changes nothing", async () => {
      const before = await everything();
      const found = await look(driftCodes.drift);
      assert.deepEqual(inShort(found), expected);
      const { stdout: text } = await gpuModeEnds(sandbox, driftCodes.drift, "drift");
      const { stdout: markdown } = await gpuModeEnds(sandbox, driftCodes.drift, "drift", "--markdown");
      assert.deepEqual(await everything(), before);
      assert.match(
        text,
        /image is changed: vllm\/vllm-openai:v0\.8\.5\.post1 → vllm\/vllm-openai:v0\.9\.0, by kubectl-patch at 20/,
      );
      assert.match(text, /spec\.replicas is changed: 1 → 2, by kubectl\n/);
      assert.match(
        text,
        /HorizontalPodAutoscaler\/greedy is a scaler: it sets the replicas of Deployment vllm-server, by kubectl-client-side-apply at 20/,
      );
      assert.match(
        text,
        /Certificate\/vllm-tls is not ready: Certificate vllm-tls is not ready: the issuer does not answer\n +→ Look what cert-manager waits for: `kubectl describe certificate/,
      );
      const [marker, fingerprint] = markdown.split("\n");
      assert.equal(marker, "<!-- vllm-platform:drift -->");
      assert.equal(fingerprint, `<!-- fingerprint: ${found.fingerprint} -->`);
      for (const output of [text, markdown, JSON.stringify(found)]) assert.doesNotMatch(output, /s3cret/);
    });

    it("asks before --fix changes anything, and says so where nobody can be asked", async () => {
      const before = await everything();
      const { stderr } = await gpuModeEnds(sandbox, exitCodes.failed, "drift", "--fix", "--prune");
      assert.match(
        stderr,
        /stack ml is updated.*ConfigMap\/stray is deleted\n +HorizontalPodAutoscaler\/greedy is deleted\n.*Certificate\/vllm-tls stays as it is; by hand.*nobody can be asked here: add --yes/s,
      );
      assert.deepEqual(await everything(), before);
    });

    it("is healed by --fix; what is not declared goes with --prune only, and what others hold stays", async () => {
      await kubectlOn(sandbox, ["delete", "pod", "miner", "-n", "default", "--force", "--grace-period=0"]);
      await kubectlOn(sandbox, ["taint", "node", "k3s-gpu-worker", "gpu=true:NoSchedule"]);
      await sandbox.setScenario({ name: "healthy", loadSeconds: 0.2, stopSeconds: 0.2 });
      await sign("True", "signed at last");
      assert.deepEqual(inShort(await look(driftCodes.drift, "--fix", "--yes")), [
        "scaler HorizontalPodAutoscaler/greedy",
        "undeclared ConfigMap/stray",
      ]);
      await look(driftCodes.none, "--fix", "--prune", "--yes");
      assert.doesNotMatch(await kubectl("get", "hpa,configmap", "-o", "name"), /greedy|stray/);
      await look(driftCodes.none);
    });

    it("tells nobody of replicas that were scaled to none, as the API server records nobody", async () => {
      await kubectl("scale", "deployment/vllm-server", "--replicas=0");
      const { drifts } = await look(driftCodes.drift);
      assert.deepEqual(
        drifts.map(({ field, by }) => [field, by]),
        [["spec.replicas", undefined]],
      );
    });
  });

  for (const [kind, seed] of seeds()) {
    it(`finds and names any declared field that was changed, and heals it (${kind} seed ${seed})`, async () => {
      const random =
        fc.sample(fc.array(fc.nat(), { minLength: 400, maxLength: 400 }), { seed, numRuns: 1 })[0] ?? [];
      const changed: string[] = [];
      for (const live of await platformObjects(sandbox)) {
        const path = await changeAField(live, random);
        if (path !== undefined) changed.push(`${live.kind}/${live.metadata.name}: ${path}`);
      }
      assert.ok(changed.length >= 6, changed.join("\n"));
      const { drifts } = await look(driftCodes.drift);
      for (const one of changed) {
        const [object, field = ""] = one.split(": ");
        const named = drifts.filter((drift) => drift.object === object);
        assert.ok(
          named.some((drift) => lettersOf(field).startsWith(lettersOf(drift.field ?? "-"))),
          `${one}\n${JSON.stringify(named)}`,
        );
      }
      assert.deepEqual(
        drifts.filter(({ object }) => !changed.some((one) => one.startsWith(`${object}: `))),
        [],
      );
      await look(driftCodes.none, "--fix", "--yes");
      await look(driftCodes.none);
    });
  }

  /** Changes one field that the platform owns, the first in an order of chance that the API server accepts; its path in the object. */
  async function changeAField(live: Live, random: number[]): Promise<string | undefined> {
    const { kind, metadata } = live;
    const object = possibleObjects.find((one) => one.kind === kind && one.name === metadata.name);
    // The claim says itself whose the platform is, and a Secret's values are in no file.
    if (object === undefined || metadata.name === "gpu-mode" || kind === "Secret") return undefined;
    const content = Object.fromEntries(["spec", "data"].map((key) => [key, live[key]]));
    const leaves = leavesOf(content).filter(({ path }) => declared.test(path.join(".")));
    for (let tries = 0; tries < 8 && leaves.length > 0; tries += 1) {
      const [leaf] = leaves.splice((random.pop() ?? 0) % leaves.length, 1);
      if (leaf === undefined) break;
      const { path, value } = leaf;
      const other = typeof value === "number" ? value + 1 : typeof value === "boolean" ? !value : `${value}x`;
      const pointer = `/${path.map((step) => String(step).replaceAll("~", "~0").replaceAll("/", "~1")).join("/")}`;
      const accepted = await patch(`${object.resource}/${metadata.name}`, {
        op: "replace",
        path: pointer,
        value: other,
      }).then(
        () => true,
        () => false,
      );
      if (accepted) return path.filter((step) => typeof step === "string").join(".");
    }
    return undefined;
  }

  /** What the files declare; the API server fills in the rest, which is nobody's to keep. */
  const declared =
    /^data\.|^spec\.(replicas|minAvailable|entryPoints|routes|ipAllowList|redirectScheme|dnsNames|duration|renewBefore|secretName|ingress|ports\.0\.(port|targetPort)|revisionHistoryLimit|progressDeadlineSeconds|template\.spec\.containers\.0\.(image|args|env|resources|\w+Probe\.(periodSeconds|timeoutSeconds|failureThreshold)))/;

  const lettersOf = (field: string): string =>
    field.replace(/\[[^\]"]*\]|\[?"|"\]?|\.\d+/g, "").replace(/[^A-Za-z]/g, "");

  it("tells what the files change from what was changed in the cluster, and does not count what is ignored", async () => {
    configure(sandbox, "ml", {
      maxNumSeqs: 8,
      drift: { ignore: [{ path: "PodDisruptionBudget/vllm-pdb:spec", reason: "maintenance" }] },
    });
    await patch("pdb/vllm-pdb", { op: "replace", path: "/spec/minAvailable", value: 1 });
    const found = await look(driftCodes.drift);
    assert.deepEqual(
      found.drifts.map(({ part, field }) => [part, field]),
      [["files", "spec.template.spec.containers[vllm].args[--max-num-seqs]"]],
    );
    assert.deepEqual(
      found.ignored.map(({ object, reason }) => [object, reason]),
      [["PodDisruptionBudget/vllm-pdb", "maintenance"]],
    );
    configure(sandbox, "ml", { maxNumSeqs: undefined });
    await look(driftCodes.none);
    configure(sandbox, "ml", { drift: undefined });
    configure(sandbox, "coder", { maxModelLen: 8 });
    assert.deepEqual(inShort(await look(driftCodes.drift)), [
      "changed PodDisruptionBudget/vllm-pdb: spec.minAvailable",
      "refused Mode/coder",
    ]);
    configure(sandbox, "coder", { maxModelLen: undefined });
  });

  it("compares the cluster with the files where there is no state, and says so", async () => {
    const elsewhere = mkdtempSync(join(sandboxPaths(sandbox.dir).dir, "elsewhere-"));
    const { code, stdout } = await startGpuMode(sandbox, ["drift", "--json"], {
      PULUMI_BACKEND_URL: `file://${elsewhere}`,
    }).ended;
    const found = JSON.parse(stdout) as Found;
    assert.equal(code, driftCodes.drift);
    assert.equal(found.against, "files");
    assert.deepEqual(found.notes, [
      "There is no state of stack ml here, so the cluster is compared with the files only.",
    ]);
    assert.deepEqual(inShort(found), ["changed PodDisruptionBudget/vllm-pdb: spec.minAvailable"]);
  });

  describe("of another cluster than that of the state", () => {
    let front: Front;
    let isEmpty = false;

    before(async () => {
      front = await frontOf(sandbox);
      const kubeSystem = {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: "kube-system", uid: "u-2" },
      };
      const missing = { apiVersion: "v1", kind: "Status", status: "Failure", reason: "NotFound", code: 404 };
      front.answer = ({ url = "" }) =>
        url === "/api/v1/namespaces/kube-system"
          ? { status: 200, body: JSON.stringify(kubeSystem) }
          : isEmpty && /\/namespaces\/ml\//.test(url)
            ? { status: 404, body: JSON.stringify(missing) }
            : undefined;
    });

    after(() => front?.close());

    for (const [what, empty] of [
      ["where a mode has the GPU, too", false],
      ["where no mode has it", true],
    ] as const) {
      it(`is named, ${what}, nothing else is compared, and --fix changes nothing`, async () => {
        isEmpty = empty;
        const before = await everything();
        const { stdout } = await gpuModeEnds(
          front.sandbox,
          driftCodes.drift,
          "drift",
          "--json",
          "--fix",
          "--yes",
        );
        const { drifts } = JSON.parse(stdout) as Found;
        assert.ok(drifts.every(({ kind }) => kind === "other-cluster"));
        assert.deepEqual(
          drifts.map(({ object }) => object),
          empty ? modes.map((mode) => `Stack/${mode}`).sort() : ["Stack/ml"],
        );
        assert.match(
          drifts.find(({ object }) => object === "Stack/ml")?.how ?? "",
          /^Name the former cluster's context in cluster\.context .* gpu-mode forget ml, then gpu-mode ml$/,
        );
        assert.deepEqual(await everything(), before);
      });
    }
  });

  describe("could not be told", () => {
    const unknown = (ended: Ended, sentence: RegExp): void => {
      assert.equal(ended.code, driftCodes.unknown, ended.stdout + ended.stderr);
      assert.match(ended.stdout, /^<!-- vllm-platform:drift -->\n<!-- fingerprint: /);
      assert.match(ended.stderr, sentence);
      assert.doesNotMatch(ended.stdout, /No drift/);
    };

    it("where the cluster does not answer", async () => {
      const file = `${sandbox.kubeconfig}.away`;
      const config = await kubectlOn(sandbox, ["config", "view", "--raw"]);
      writeFileSync(
        file,
        config.replace(/server: https:\/\/127\.0\.0\.1:\d+/, "server: https://127.0.0.1:9"),
      );
      unknown(
        await gpuMode(reachedBy(sandbox, file), "drift", "--markdown"),
        /The cluster cannot be reached: .*ECONNREFUSED/,
      );
    });

    it("where a pulumi is at work on the stack; --fix changes nothing then, and says so", async () => {
      const folder = join(sandboxPaths(sandbox.dir).state, ".pulumi/locks/organization/vllm-platform/ml");
      const lock = {
        pid: process.pid,
        username: "somebody",
        hostname: hostname(),
        timestamp: new Date().toISOString(),
      };
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "test.json"), JSON.stringify(lock));
      const before = await everything();
      const ended = await gpuMode(sandbox, "drift", "--markdown", "--fix", "--yes");
      unknown(ended, /Stack ml is locked: pulumi of somebody on/);
      assert.match(ended.stderr, /^--fix changed nothing: it does so only where all of it can be told\./m);
      assert.deepEqual(await everything(), before);
      rmSync(join(folder, "test.json"));
    });

    it("where an update holds the Lease", async () => {
      const spec = {
        holderIdentity: "pulumi up of a test",
        leaseDurationSeconds: 15,
        acquireTime: "2026-11-01T03:00:00.000000Z",
      };
      await kubectlOn(sandbox, [
        "patch",
        "lease/vllm-platform",
        "-n",
        "default",
        "--type=merge",
        "-p",
        JSON.stringify({ spec }),
      ]);
      const ended = gpuMode(sandbox, "drift", "--markdown");
      let over = false;
      void ended.then(() => {
        over = true;
      });
      for (let beat = 0; !over; beat += 1) {
        await kubectlOn(sandbox, [
          "annotate",
          "lease/vllm-platform",
          "-n",
          "default",
          "--overwrite",
          `beat=${beat}`,
        ]);
      }
      unknown(await ended, /An update is under way: pulumi up of a test since/);
      await kubectlOn(sandbox, ["delete", "lease/vllm-platform", "-n", "default"]);
    });

    it("where the state has objects, and the cluster nothing of the platform", async () => {
      await kubectl("delete", "configmap/gpu-mode", "deployment/vllm-server");
      const { unknown, drifts } = await look(driftCodes.unknown);
      assert.deepEqual(drifts, []);
      assert.match(
        unknown.join("\n"),
        /^By the state of stack ml its objects are in this cluster, which has neither claim nor Deployment: .*gpu-mode ml makes them again; gpu-mode forget ml drops the state\.$/m,
      );
    });
  });

  it("ends with 1 for a command line that cannot be understood, as 2 is drift", async () => {
    await gpuModeEnds(sandbox, exitCodes.failed, "drift", "--no-such-option");
    await gpuModeEnds(sandbox, exitCodes.failed, "drift", "--prune");
  });
});

function leavesOf(
  value: unknown,
  path: (string | number)[] = [],
): { path: (string | number)[]; value: unknown }[] {
  return typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, inner]) =>
        leavesOf(inner, [...path, Array.isArray(value) ? Number(key) : key]),
      )
    : value === undefined
      ? []
      : [{ path, value }];
}
