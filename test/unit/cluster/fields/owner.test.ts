// Does not prove that an API server accepts the patches, nor that what is taken over then goes; the engine tests do that.
import assert from "node:assert/strict";
import type { LiveObject } from "../../../../cluster/api/index.ts";
import type { FieldSet, ManagedFields } from "../../../../cluster/api/managed-fields.ts";
import { difference, fieldNames, surplus, union } from "../../../../cluster/fields/managed-fields.ts";
import { foreignFaults, ownerOf } from "../../../../cluster/fields/owner.ts";
import { takenOver, takeoverOf, takeoverText } from "../../../../cluster/fields/takeover.ts";
import { adoptionPatch, completed } from "../../../../cluster/survey/adoption.ts";
import type { Manifest } from "../../../../stacks/manifests/index.ts";
import { deploymentObject, namespaceObject, possibleObjects } from "../../../../stacks/vocabulary/objects.ts";
import { faultText } from "../../../../system/errors.ts";

const middleware = possibleObjects.find(({ name }) => name === "vllm-access") ?? assert.fail();
const leaf: FieldSet = {};
const env = (name: string, fields: FieldSet): FieldSet => ({
  "f:spec": {
    "f:template": {
      "f:spec": {
        "f:containers": { 'k:{"name":"vllm"}': { "f:env": { [`k:{"name":"${name}"}`]: fields } } },
      },
    },
  },
});
const entry = (manager: string, fieldsV1: FieldSet, more: Partial<ManagedFields> = {}): ManagedFields => ({
  manager,
  operation: "Update",
  apiVersion: "apps/v1",
  fieldsType: "FieldsV1",
  time: "2026-01-01T00:00:00Z",
  ...more,
  fieldsV1,
});
const ours = (fieldsV1: FieldSet) => entry("vllm-platform", fieldsV1, { operation: "Apply" });
const status = entry(
  "kube-controller-manager",
  { "f:status": { "f:replicas": leaf } },
  { subresource: "status" },
);

function live(managedFields: ManagedFields[], more: Record<string, unknown> = {}, metadata = {}): LiveObject {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    ...more,
    metadata: { name: "vllm-server", uid: "u", resourceVersion: "7", managedFields, ...metadata },
  };
}

describe("sets of fields", () => {
  const a: FieldSet = {
    "f:spec": { "f:replicas": leaf, "f:list": { ".": leaf, 'k:{"name":"x"}': { "f:name": leaf } } },
  };
  it("unite and part", () => {
    const b: FieldSet = { "f:spec": { "f:paused": leaf } };
    assert.deepEqual(difference(union(a, b), a), b);
    assert.deepEqual(difference(a, a), {});
    assert.deepEqual(union(a, undefined), a);
  });

  it("end where Kubernetes takes a list or map for one value, and what is beyond the declared one is named", () => {
    const set: FieldSet = { "f:rules": leaf, "f:labels": leaf, "f:words": leaf, "f:gone": leaf };
    const declared = { rules: [{ a: 1 }, { b: 2 }], labels: { app: "x" }, words: ["--a", "--b"] };
    const beyond = (change: object, onlyOverlooked: boolean) =>
      surplus(set, { ...declared, ...change }, declared, { onlyOverlooked });
    for (const [change, names] of [
      [{}, []],
      [{ rules: [...declared.rules, {}] }, ["rules[2]"]],
      [{ rules: [{ a: 1, c: { d: 1 } }, { b: 2 }] }, ["rules[0].c"]],
      [{ labels: { app: "x", "a.b/c": "y" } }, ['labels["a.b/c"]']],
      [{ words: ["--a", "--b", "--a"] }, ['words "--a"']],
    ] as const) {
      assert.deepEqual(beyond(change, false), names);
      assert.deepEqual(beyond(change, true), names, "the engine overlooks it");
    }
    // Anything else that differs is the engine's to see.
    const seen = { words: ["--c", "--a", "--b"] };
    assert.deepEqual([beyond(seen, false), beyond(seen, true)], [['words "--c"'], []]);
    assert.deepEqual(surplus({}, { x: 1 }, {}, { onlyOverlooked: false }), []);
  });

  it("are named as a person writes them", () => {
    assert.deepEqual(
      fieldNames(union(env("FOO", leaf), { "f:metadata": { "f:labels": { "f:a.b/c": leaf } } })),
      ["spec.template.spec.containers[vllm].env[FOO]", 'metadata.labels["a.b/c"]'],
    );
  });
});

describe("the owner of a live object", () => {
  const spec = { "f:spec": { "f:replicas": leaf } };
  const owners: [string, LiveObject, "ours" | "madeByHand" | "foreign", string?][] = [
    ["our field manager", live([ours(spec)]), "ours"],
    [
      "our labels",
      live(
        [entry("someone", spec)],
        {},
        {
          labels: { "app.kubernetes.io/part-of": "vllm-platform", "app.kubernetes.io/managed-by": "pulumi" },
        },
      ),
      "ours",
    ],
    ["kubectl apply", live([entry("kubectl-client-side-apply", spec), status]), "madeByHand"],
    [
      "kubectl and k3s's controllers",
      live([entry("kubectl-create", spec), entry("k3s", { "f:spec": { "f:x": leaf } })]),
      "madeByHand",
    ],
    ["an object without any manager", live([]), "madeByHand"],
    [
      "another program",
      live([entry("terraform-provider-kubernetes", spec)]),
      "foreign",
      "terraform-provider-kubernetes",
    ],
    [
      "Helm",
      live([entry("helm", spec)], {}, { annotations: { "meta.helm.sh/release-name": "llm" } }),
      "foreign",
      "Helm (release llm)",
    ],
    [
      "Argo CD",
      live(
        [entry("kubectl-apply", spec)],
        {},
        { annotations: { "argocd.argoproj.io/tracking-id": "home:apps/Deployment:ml/vllm-server" } },
      ),
      "foreign",
      "Argo CD (home)",
    ],
    [
      "Flux",
      live([entry("kubectl", spec)], {}, { labels: { "kustomize.toolkit.fluxcd.io/name": "apps" } }),
      "foreign",
      "Flux (apps)",
    ],
    [
      "a label managed-by",
      live([entry("kubectl", spec)], {}, { labels: { "app.kubernetes.io/managed-by": "Helm" } }),
      "foreign",
      "Helm",
    ],
  ];
  for (const [name, object, owner, manager] of owners) {
    it(`by ${name} is ${manager ?? owner}`, () => {
      const found = ownerOf(deploymentObject, object);
      assert.equal(found.owner, owner);
      if (found.owner === "foreign") assert.equal(found.manager, manager);
    });
  }

  it("of a name that is not the reference setup's is foreign also where kubectl made it", () => {
    assert.deepEqual(ownerOf(middleware, live([entry("kubectl-create", spec)])), {
      owner: "foreign",
      manager: "kubectl-create",
    });
  });

  it("is told by name and manager, all at once; adopt and the namespace are let through", () => {
    const foreign = live([entry("helm", spec)]);
    const of = () => foreign;
    const faults = foreignFaults([deploymentObject, middleware, namespaceObject], of, []);
    assert.equal(faults.length, 2);
    assert.match(
      faults.map(faultText).join("\n"),
      /Deployment\/vllm-server in namespace ml: .* manager is helm\. .*adopt: \{value: \[Deployment\/vllm-server\]\}/,
    );
    const gateway = possibleObjects.filter(({ kind }) => kind === "TraefikService");
    assert.deepEqual(
      foreignFaults(gateway, of, []).map(({ fix }) => fix),
      ["Remove or rename it"],
    );
    const [ollama] = possibleObjects.filter(({ name }) => name === "ollama");
    assert.deepEqual(
      foreignFaults(ollama === undefined ? [] : [ollama], of, []).map(({ fix }) => fix),
      ["Set ollama.enabled: false, and the Ollama that is there is used as it is; or remove it"],
    );
    const adopt = ["Deployment/vllm-server", "Middleware/vllm-access"];
    assert.deepEqual(foreignFaults([deploymentObject, middleware], of, adopt), []);
    assert.deepEqual(
      foreignFaults([deploymentObject], () => undefined, []),
      [],
    );
  });
});

describe("taking over", () => {
  const container = (variables: string[]) => ({
    name: "vllm",
    args: ["--a"],
    env: variables.map((name) => ({ name, value: "" })),
  });
  const template = (variables: string[]) => ({
    spec: { template: { spec: { containers: [container(variables)] } } },
  });
  const declared: Manifest = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "vllm-server", labels: { app: "x" }, annotations: {} },
    ...template(["KEPT"]),
  };

  it("is not needed where only we and controllers own fields", () => {
    assert.equal(
      takeoverOf(live([ours(env("KEPT", leaf)), status], template(["KEPT"])), declared),
      undefined,
    );
  });

  it("names what only others had set, of our own objects too", () => {
    const object = live(
      [ours(env("KEPT", leaf)), entry("kubectl-edit", env("FOO", { ".": leaf, "f:name": leaf }))],
      template(["KEPT", "FOO"]),
    );
    const takeover = takeoverOf(object, declared) ?? assert.fail();
    assert.deepEqual(takeover.leaving, ["spec.template.spec.containers[vllm].env[FOO]"]);
    assert.equal(
      takeoverText(deploymentObject, object, takeover),
      "Deployment/vllm-server was changed by hand (kubectl-edit) and is put right; what only they had set goes: spec.template.spec.containers[vllm].env[FOO]",
    );
    assert.deepEqual(adoptionPatch(object), [
      { op: "replace", path: "/metadata/managedFields", value: takenOver(object) },
      { op: "replace", path: "/metadata/resourceVersion", value: "7" },
    ]);
    assert.deepEqual(
      takenOver(object).map(({ manager }) => manager),
      ["vllm-platform"],
    );
  });

  it("names entries that go from a list of arguments", () => {
    const args = {
      "f:spec": {
        "f:template": { "f:spec": { "f:containers": { 'k:{"name":"vllm"}': { "f:args": leaf } } } },
      },
    };
    const object = live([entry("kubectl-create", args)], {
      spec: { template: { spec: { containers: [{ name: "vllm", args: ["--a", "--trust-remote-code"] }] } } },
    });
    assert.deepEqual(takeoverOf(object, declared)?.leaving, [
      'spec.template.spec.containers[vllm].args "--trust-remote-code"',
    ]);
  });

  it("leaves defaults unmentioned that nobody wrote", () => {
    const fields = { "f:spec": { "f:dnsPolicy": leaf, "f:old": leaf } };
    const object = live(
      [entry("kubectl-client-side-apply", fields)],
      { spec: { dnsPolicy: "ClusterFirst", old: 1 } },
      {
        annotations: {
          "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify({ spec: { old: 1 } }),
        },
      },
    );
    assert.deepEqual(takeoverOf(object, declared)?.leaving, ["spec.old"]);
  });

  it("leaves a rollout's time, a scheduler's and a controller's marks to them", () => {
    const restarted: FieldSet = {
      "f:spec": {
        "f:template": {
          "f:metadata": { "f:annotations": { ".": leaf, "f:kubectl.kubernetes.io/restartedAt": leaf } },
        },
      },
    };
    const marked: FieldSet = { "f:metadata": { "f:annotations": { "f:reloader": leaf } } };
    const managers = [
      ours(env("KEPT", leaf)),
      entry("kubectl-rollout", restarted),
      entry("some-controller", marked),
      status,
    ];
    assert.equal(takeoverOf(live(managers, template(["KEPT"])), declared), undefined);
    const paused = union(restarted, { "f:spec": { "f:paused": leaf } });
    const object = live([ours(env("KEPT", leaf)), entry("kubectl-rollout", paused)], {
      spec: { ...template(["KEPT"]).spec, paused: true },
    });
    assert.deepEqual(takeoverOf(object, declared)?.leaving, ["spec.paused"]);
    assert.deepEqual(takenOver(object).at(-1)?.fieldsV1, restarted);
  });

  it("leaves the spec of a volume claim to who asked for it", () => {
    const fields = {
      "f:metadata": { "f:labels": { "f:theirs": leaf } },
      "f:spec": { "f:storageClassName": leaf },
    };
    const object = live(
      [entry("kubectl-create", fields)],
      { kind: "PersistentVolumeClaim", spec: { storageClassName: "nfs" } },
      { labels: { theirs: "x" } },
    );
    assert.deepEqual(takeoverOf(object, declared)?.leaving, ["metadata.labels.theirs"]);
    assert.deepEqual(takenOver(object).at(-1)?.fieldsV1, { "f:spec": { "f:storageClassName": leaf } });
  });

  it("names what is the platform's own and not declared", () => {
    const object = live([ours(env("FOO", { ".": leaf, "f:name": leaf }))], template(["KEPT", "FOO"]));
    const takeover = takeoverOf(object, declared) ?? assert.fail();
    assert.deepEqual(takeover, {
      managers: [],
      leaving: ["spec.template.spec.containers[vllm].env[FOO]"],
    });
    assert.equal(
      takeoverText(deploymentObject, object, takeover),
      "Deployment/vllm-server holds what is not declared, and that goes: spec.template.spec.containers[vllm].env[FOO]",
    );
    assert.deepEqual(adoptionPatch(object), []);
  });

  it("leaves a Secret's values and a volume's request as they are", () => {
    const manifest = { apiVersion: "v1", kind: "Secret", metadata: { name: "vllm-api-key" } };
    assert.deepEqual(completed(manifest, live([], { data: { "api-key": "eA==", other: "eQ==" } })).data, {
      "api-key": "eA==",
    });
    const claim = { ...manifest, kind: "PersistentVolumeClaim", spec: { asked: 1 } };
    assert.deepEqual(completed(claim, live([], { spec: { given: 2 } })).spec, { given: 2 });
  });
});
