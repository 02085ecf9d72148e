// Does NOT prove that a fence holds on a cluster; only that manifests which lack one are noticed, and others are not.
import assert from "node:assert/strict";
import { type Manifest, manifestsOf } from "../../../../stacks/manifests/index.ts";
import { policies, policyViolations, violationText } from "../../../../stacks/policy/index.ts";
import { planTexts, refusalOf, servedModel } from "../support.ts";
import { allManifests, objectIn } from "./modes.ts";

const server = "Deployment/vllm-server";
const pod = "spec.template.spec";
const container = `${pod}.containers.vllm`;

/** Every field that a policy demands: without it the policy says so of the object. `*` is each item. */
const fences: readonly [policy: string, object: string, ...fields: string[]][] = [
  ["pinned-image", server, `${container}.image`],
  [
    "one-gpu",
    server,
    "spec.strategy.type",
    "spec.strategy",
    `${container}.resources.limits.nvidia/com/gpu`,
    `${container}.resources.requests.nvidia/com/gpu`,
    `${pod}.containers.vllm`,
  ],
  [
    "loss-noticed",
    server,
    ...["startupProbe", "readinessProbe", "livenessProbe"].flatMap((probe) => [
      `${container}.${probe}`,
      ...["httpGet", "initialDelaySeconds", "periodSeconds"].map((field) => `${container}.${probe}.${field}`),
      ...["timeoutSeconds", "failureThreshold"].map((field) => `${container}.${probe}.${field}`),
    ]),
  ],
  [
    "memory-limit",
    server,
    `${container}.resources.limits.memory`,
    `${pod}.volumes.scratch.emptyDir.sizeLimit`,
  ],
  ["memory-limit", server, `${pod}.volumes.shared-memory.emptyDir.sizeLimit`, `${container}.resources`],
  [
    "hardened-pod",
    server,
    `${pod}.automountServiceAccountToken`,
    `${pod}.enableServiceLinks`,
    `${pod}.securityContext`,
    `${pod}.securityContext.seccompProfile`,
    `${container}.securityContext`,
    `${container}.securityContext.allowPrivilegeEscalation`,
    `${container}.securityContext.capabilities.drop`,
  ],
  ["key-asked-for", server, `${container}.env.VLLM_API_KEY`, `${container}.env`],
  ["drainable", "PodDisruptionBudget/vllm-pdb", "spec.minAvailable", "spec.unhealthyPodEvictionPolicy"],
  ["drainable", "PodDisruptionBudget/vllm-pdb", "spec.selector", ""],
  ["fenced-pod", "NetworkPolicy/vllm-server", "spec.podSelector", "spec.policyTypes", ""],
  ["fenced-pod", "NetworkPolicy/vllm-server", "spec.ingress.*.from", "spec.ingress.*.ports"],
  ["fenced-pod", "NetworkPolicy/ollama", "spec.policyTypes", ""],
  ["fenced-route", "IngressRoute/vllm-https", "spec.tls", "spec.tls.secretName"],
  ["fenced-route", "IngressRoute/vllm-https", "spec.routes.*.match", "spec.routes.*.middlewares"],
  ["fenced-route", "IngressRoute/vllm-redirect", "spec.routes.*.middlewares"],
  [
    "fenced-route",
    "IngressRoute/llm-gateway",
    "spec.tls",
    "spec.routes.*.match",
    "spec.routes.*.middlewares",
  ],
  ["fenced-route", "IngressRoute/llm-gateway-http", "spec.routes.*.middlewares"],
  ["fenced-route", "Middleware/vllm-access", "spec.ipAllowList", "spec.ipAllowList.sourceRange", ""],
  ["fenced-route", "Middleware/llm-gateway-access", "spec.ipAllowList.sourceRange"],
  ["fenced-route", "Middleware/vllm-https-redirect", "spec.redirectScheme", ""],
  ["fenced-route", "Certificate/vllm-tls", "spec.secretName", ""],
  ["own-namespace", server, "metadata.namespace"],
  ["own-namespace", "ConfigMap/gpu-mode", "metadata.namespace"],
  [
    "known-by-labels",
    server,
    "metadata.labels",
    ...["part-of", "managed-by", "name", "instance", "component", "version"].map(
      (label) => `metadata.labels.app/kubernetes/io/${label}`,
    ),
    "metadata.labels.gpu-mode",
  ],
  ["known-by-labels", "Service/vllm-api", "metadata.labels"],
];

/** Takes the field away, or, without one, the object. In a key, `/` stands for what has a dot or slash of its own. */
function without(manifests: readonly Manifest[], title: string, field: string): Manifest[] {
  const object = objectIn(manifests, title);
  if (field === "") return manifests.filter((one) => one !== object);
  remove(object, field.split("."));
  return [...manifests];
}

function remove(value: unknown, [key = "", ...rest]: string[]): void {
  const group = value as Record<string, unknown>;
  const keys = Object.keys(group).filter(
    (one) =>
      key === "*" ||
      one.replaceAll(".", "/") === key ||
      (Array.isArray(value) && (value[Number(one)] as { name?: string }).name === key),
  );
  assert.ok(keys.length > 0, `there is no ${key} to take away`);
  for (const one of keys) {
    if (rest.length > 0) remove(group[one], rest);
    else if (Array.isArray(value)) value.splice(Number(one), 1);
    else delete group[one];
  }
}

/** What each policy must notice besides what is missing. */
const edits: readonly [policy: string, object: string, says: RegExp, edit: (object: never) => void][] = [
  [
    "pinned-image",
    server,
    /containers\[vllm\]\.image is vllm\/vllm-openai:latest: Name a version/,
    onServer((own) => {
      own.image = "vllm/vllm-openai:latest";
    }),
  ],
  [
    "known-image",
    server,
    /image is vllm\/vllm-openai:v0\.8\.55: there is no such release of vLLM: take v0\.8\.5/,
    onServer((own) => {
      own.image = "vllm/vllm-openai:v0.8.55";
    }),
  ],
  [
    "one-gpu",
    server,
    /limits\["nvidia\.com\/gpu"\] is 2: Set it to 1/,
    onServer((own) => {
      own.resources.limits["nvidia.com/gpu"] = "2";
    }),
  ],
  [
    "one-gpu",
    server,
    /spec\.strategy\.type is RollingUpdate: Set it to Recreate/,
    (object: { spec: { strategy: { type: string } } }) => {
      object.spec.strategy.type = "RollingUpdate";
    },
  ],
  [
    "one-gpu",
    server,
    /containers\[game\]\.resources\.limits\["nvidia\.com\/gpu"\] is 1: Remove it/,
    onPod((spec) => {
      spec.containers.push({ name: "game", resources: { limits: { "nvidia.com/gpu": "1" } } });
    }),
  ],
  [
    "loss-noticed",
    server,
    /readinessProbe is .*: Shorten it: it notices a loss after 21 s at worst, and 10 s are promised/,
    onServer((own) => {
      Object.assign(own.readinessProbe, { periodSeconds: 5, failureThreshold: 3, timeoutSeconds: 5 });
    }),
  ],
  [
    "loss-noticed",
    server,
    /livenessProbe is .*: Give it more time than the readiness probe/,
    onServer((own) => {
      own.livenessProbe = { ...own.readinessProbe };
    }),
  ],
  [
    "hardened-pod",
    server,
    /spec\.template\.spec\.hostNetwork is true: Remove it/,
    onPod((spec) => {
      spec.hostNetwork = true;
    }),
  ],
  [
    "hardened-pod",
    server,
    /volumes\[scratch\]\.hostPath is \{"path":"\/"\}: Remove it/,
    onPod((spec) => {
      spec.volumes = [{ name: "scratch", hostPath: { path: "/" } }];
    }),
  ],
  [
    "hardened-pod",
    server,
    /securityContext\.capabilities\.add is \["SYS_ADMIN"\]: Remove it/,
    onServer((own) => {
      own.securityContext = {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"], add: ["SYS_ADMIN"] },
      };
    }),
  ],
  [
    "no-plain-secret",
    server,
    /containers\[vllm\]\.args is \(hidden\): Give it by a Secret/,
    onServer((own) => {
      own.args.push("--api-key", "open-sesame");
    }),
  ],
  [
    "no-plain-secret",
    server,
    /env\[HF_TOKEN\]\.value is \(hidden\): Give it by a Secret/,
    onServer((own) => {
      own.env.push({ name: "HF_TOKEN", value: "open-sesame" });
    }),
  ],
  [
    "no-plain-secret",
    "ConfigMap/llm-fallback-config",
    /data\.NOTE is \(hidden\): Give it by a Secret/,
    (object: { data: Record<string, string> }) => {
      object.data.NOTE = "hf_opensesame";
    },
  ],
  [
    "drainable",
    "PodDisruptionBudget/vllm-pdb",
    /spec\.minAvailable is 1: Set it to 0/,
    (object: { spec: { minAvailable: number } }) => {
      object.spec.minAvailable = 1;
    },
  ],
  [
    "fenced-pod",
    "NetworkPolicy/vllm-server",
    /spec\.ingress\[0\]\.from is \[\]: Name those who are meant/,
    (object: { spec: { ingress: { from: object[] }[] } }) => {
      for (const way of object.spec.ingress) way.from = [];
    },
  ],
  ...[
    ["Host(`vllm.home.jetzinger.com`)", "IngressRoute/vllm-https"],
    ["Host(`a.example.org`) || PathPrefix(`/v1/`)", "IngressRoute/vllm-https"],
    ["Host(`a.example.org`) && (PathPrefix(`/v1/`) || Path(`/`))", "IngressRoute/vllm-https"],
  ].map(([match = "", title = ""]): (typeof edits)[number] => [
    "fenced-route",
    title,
    /routes\[0\]\.match is Host\(.*: Write it as Host\(`…`\) && \(PathPrefix/,
    (object: { spec: { routes: { match: string }[] } }) => {
      for (const rule of object.spec.routes) rule.match = match;
    },
  ]),
  [
    "fenced-route",
    "IngressRoute/vllm-https",
    /routes\[0\]\.match is .*: Redirect to https, or serve it on the entry point websecure alone/,
    (object: { spec: { entryPoints: string[] } }) => {
      object.spec.entryPoints = ["web", "websecure"];
    },
  ],
  [
    "service-names",
    "Service/vllm-api",
    /^Service\/vllm metadata\.name is vllm: Rename it: VLLM_PORT is vLLM's$/,
    (object: Manifest) => {
      object.metadata.name = "vllm";
    },
  ],
  [
    "own-namespace",
    "Service/vllm-api",
    /metadata\.namespace is kube-system: Set it to ml/,
    (object: Manifest) => {
      object.metadata.namespace = "kube-system";
    },
  ],
];

interface PodSpec {
  hostNetwork?: boolean;
  containers: object[];
  volumes: object[];
}

interface Server {
  name: string;
  image: string;
  args: string[];
  env: object[];
  resources: { limits: Record<string, string> };
  securityContext: object;
  readinessProbe: object;
  livenessProbe: object;
}

function onPod(edit: (spec: PodSpec) => void) {
  return (object: { spec: { template: { spec: PodSpec } } }) => edit(object.spec.template.spec);
}

function onServer(edit: (server: Server) => void) {
  return onPod(({ containers }) => {
    edit((containers as Server[]).find(({ name }) => name === "vllm") ?? assert.fail());
  });
}

/** A mode's file with an image, for a driver that runs any. */
function withImage(image: object): string {
  const values = { model: servedModel, image, gpuNode: { driver: { version: "580.65.06" } } };
  const config = Object.entries(values).map(([key, value]) => [`vllm-platform:${key}`, value]);
  return JSON.stringify({ config: Object.fromEntries(config) });
}

describe("policies", () => {
  for (const [mode, manifests] of Object.entries(allManifests())) {
    it(`find nothing in the manifests of ${mode}`, () => {
      assert.deepEqual(policyViolations(manifests).map(violationText), []);
    });
  }

  it("notice each fence that is taken away, in every mode that has it, and name the policy", () => {
    const tried = new Set<string>();
    for (const [policy, title, ...fields] of fences) {
      for (const mode of Object.keys(allManifests())) {
        for (const field of fields) {
          const { [mode]: manifests = [] } = allManifests();
          const has = manifests.some(({ kind, metadata }) => `${kind}/${metadata.name}` === title);
          const hasKey = mode === "everything" || !field.endsWith("env.VLLM_API_KEY");
          if (!has || !hasKey || (policy === "key-asked-for" && mode !== "everything")) continue;
          const found = policyViolations(without(manifests, title, field));
          assert.ok(
            found.some((one) => one.policy === policy),
            `${mode}: ${policy} says nothing of ${title} without ${field || "itself"}: ${found.map(violationText)}`,
          );
          tried.add(policy);
        }
      }
    }
    // These are about what must not be there, and a test of its own has the image.
    const silent = policies.map(({ name }) => name).filter((name) => !tried.has(name));
    assert.deepEqual(silent, ["known-image", "no-plain-secret", "service-names"]);
  });

  for (const [policy, title, says, edit] of edits) {
    it(`tell of ${title}: ${policy}, ${says.source}`, () => {
      for (const mode of ["ml", "gaming", "everything"]) {
        const { [mode]: manifests = [] } = allManifests();
        edit(objectIn(manifests, title) as never);
        const own = policyViolations(manifests).filter((one) => one.policy === policy);
        assert.ok(
          own.some((one) => says.test(violationText(one))),
          `${mode}: ${own.map(violationText).join("\n")}`,
        );
        assert.doesNotMatch(own.map(violationText).join(), /open-?sesame/);
      }
    });
  }

  it("take each image that the gates take, and refuse what the rules refuse", () => {
    const digest = `sha256:${"a".repeat(64)}`;
    const own = { version: "0.8.5", cuda: "12.4" };
    for (const image of [
      { tag: "v0.99.0" },
      { tag: "v0.99.0", digest },
      { tag: "nightly-8a2b", digest, ...own },
      { repository: "registry.home.example.org/my/vllm", tag: "build-7", ...own },
    ]) {
      const plan = planTexts("ml", "", { ml: withImage(image) });
      assert.equal(/newer than this table/.test(plan.gates.warnings.join()), image.tag === "v0.99.0");
      assert.deepEqual(policyViolations(manifestsOf(plan)).map(violationText), [], image.tag);
    }
    for (const image of [{ tag: "v0.8.55" }, { tag: "nightly-8a2b", digest }]) {
      assert.match(refusalOf(() => planTexts("ml", "", { ml: withImage(image) })).join(), /image\./);
    }
  });

  it("take an image of one's own that says its version, and none that does not", () => {
    const judged = (image: string, version: string | undefined) => {
      const { ml = [] } = allManifests();
      const object = objectIn(ml, server) as unknown as {
        spec: { template: { metadata: { labels: Record<string, string | undefined> } } };
      };
      onServer((own) => {
        own.image = image;
      })(object as never);
      object.spec.template.metadata.labels["app.kubernetes.io/version"] = version;
      return policyViolations(ml).map(({ policy }) => policy);
    };
    for (const image of ["registry.home.example.org:5000/my/vllm:build-7", "vllm/vllm-openai:nightly-8a2b"]) {
      assert.deepEqual(judged(image, "0.8.5"), []);
      assert.deepEqual(judged(image, undefined), ["known-image"]);
    }
  });

  it("judge other objects, and other people's, without falling over them", () => {
    const odd = ["Job", "Pod", "Deployment", "IngressRoute", "Service", "ConfigMap", "NetworkPolicy"].flatMap(
      (kind) => [
        { apiVersion: "v1", kind, metadata: { name: "odd" } },
        { apiVersion: "v1", kind, metadata: { name: "odd" }, spec: null },
        {
          apiVersion: "v1",
          kind,
          metadata: { name: "odd" },
          spec: { template: { spec: { containers: [null] } } },
        },
      ],
    );
    const all = policyViolations(odd);
    assert.ok(all.every(({ object, fix }) => object.endsWith("/odd") && fix !== ""));
  });

  it("are named in kebab case, once each, and each says what it demands in a sentence", () => {
    const names = policies.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    for (const { name, demands } of policies) {
      assert.match(name, /^[a-z]+(-[a-z]+)*$/);
      assert.match(demands, /^[A-Z].*: .*\.$/);
    }
  });
});
