// Does NOT prove what an API server makes of an object or records of its managers: test/engine/drift.test.ts looks at a real one.
import assert from "node:assert/strict";
import fc from "fast-check";
import type { LiveObject } from "../../../../cluster/api/index.ts";
import { filesDrift, programObjects } from "../../../../cluster/drift/files.ts";
import { sortIgnored } from "../../../../cluster/drift/ignore.ts";
import { type Drift, fingerprintOf } from "../../../../cluster/drift/item.ts";
import { objectDrift } from "../../../../cluster/drift/object.ts";
import { appliedState } from "../../../../cluster/drift/state.ts";
import { projectRoot } from "../../../../lab/sandbox/base/paths.ts";
import { listModes, planFromFiles } from "../../../../stacks/index.ts";
import type { Manifest } from "../../../../stacks/manifests/index.ts";
import { titleOf } from "../../../../stacks/vocabulary/objects.ts";
import { everythingPlan } from "../../stacks/support.ts";

const plans = [...listModes(projectRoot).map((mode) => planFromFiles(projectRoot, mode)), everythingPlan()];
const plan = planFromFiles(projectRoot, "ml");

/** The object as a server would give it that adds nothing. */
function liveOf(manifest: Manifest, more: object = {}): LiveObject {
  const copy = structuredClone(manifest);
  const values = manifest.kind === "Secret" ? { data: { "api-key": "aGlkZGVu" } } : {};
  return {
    ...copy,
    ...values,
    metadata: { ...copy.metadata, uid: "u", resourceVersion: "1", ...more },
  } as LiveObject;
}

/** The ways to all values of an object that are no objects themselves, but for what an object is known by. */
function leavesOf(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([key, inner]) =>
      leavesOf(inner, [...path, Array.isArray(value) ? Number(key) : key]),
    );
  }
  return ["apiVersion", "kind", "metadata,name", "metadata,namespace"].includes(path.join()) ? [] : [path];
}

function withOther(manifest: Manifest, path: readonly (string | number)[]): Manifest {
  const copy = structuredClone(manifest);
  let at = copy as unknown as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) at = at[step] as typeof at;
  const last = path.at(-1) ?? "";
  at[last] =
    typeof at[last] === "number"
      ? Number(at[last]) + 1
      : typeof at[last] === "boolean"
        ? !at[last]
        : `${at[last]}x`;
  return copy;
}

const anyField = fc
  .constantFrom(...plans.flatMap((one) => programObjects(one, undefined, [])))
  .filter((manifest) => manifest.kind !== "PersistentVolumeClaim")
  .chain((manifest) =>
    fc.record({ manifest: fc.constant(manifest), path: fc.constantFrom(...leavesOf(manifest)) }),
  );

describe("drift of an object", () => {
  it("is none where it is as declared, in any mode", () => {
    for (const one of plans) {
      for (const manifest of programObjects(one, undefined, [])) {
        assert.deepEqual(objectDrift(manifest, liveOf(manifest)), [], titleOf(manifest));
      }
      assert.deepEqual(
        filesDrift(programObjects(one, undefined, []), programObjects(one, undefined, [])),
        [],
      );
    }
  });

  it("is found and named for any declared field, in the cluster as in the files", () => {
    fc.assert(
      fc.property(anyField, ({ manifest, path }) => {
        const other = withOther(manifest, path);
        const inCluster = objectDrift(manifest, liveOf(other));
        const inFiles = filesDrift([other], [manifest]);
        for (const found of [inCluster, inFiles]) {
          assert.notEqual(found.length, 0);
          assert.ok(found.every(({ object }) => object === titleOf(manifest)));
          const named = path.filter((step): step is string => typeof step === "string");
          const [first = ""] = named;
          assert.ok(
            found.some(({ field }) => field?.startsWith(first)),
            JSON.stringify(found),
          );
        }
      }),
      { numRuns: 200 },
    );
  });

  it("names an argument by its flag, and shows values of the fields that are allowed only", () => {
    const deployment = programObjects(plan, undefined, []).find(
      ({ kind }) => kind === "Deployment",
    ) as Manifest;
    const other = structuredClone(deployment) as unknown as {
      spec: { replicas: number; template: { spec: { containers: { args: string[]; env: object[] }[] } } };
    };
    const [container] = other.spec.template.spec.containers;
    assert.ok(container);
    other.spec.replicas = 3;
    container.args = [
      ...container.args.map((word) => (word === "8192" ? "4096" : word)),
      "--api-key",
      "hidden",
    ];
    container.env = [...container.env, { name: "TOKEN", value: "hidden" }];
    const found = objectDrift(deployment, liveOf(other as unknown as Manifest));
    assert.deepEqual(
      found.map(({ kind, field, declared, found: live }) => [kind, field, declared, live]),
      [
        ["changed", "spec.replicas", "1", "3"],
        ["changed", "spec.template.spec.containers[vllm].args[--max-model-len]", "8192", "4096"],
        ["added", "spec.template.spec.containers[vllm].args[--api-key]", undefined, undefined],
        ["added", "spec.template.spec.containers[vllm].env[TOKEN]", undefined, undefined],
      ],
    );
    assert.doesNotMatch(JSON.stringify(found), /hidden/);
  });

  it("says who changed a field and when, and that a field is another manager's though its value is right", () => {
    const budget = programObjects(plan, undefined, []).find(
      ({ kind }) => kind === "PodDisruptionBudget",
    ) as Manifest;
    const time = "2026-11-01T03:00:00Z";
    const owned = (fieldsV1: object) => ({
      managedFields: [
        { manager: "vllm-platform", operation: "Apply", fieldsV1: { "f:spec": { "f:selector": {} } } },
        { manager: "kubectl-edit", operation: "Update", time, fieldsV1 },
      ],
    });
    const taken = objectDrift(budget, liveOf(budget, owned({ "f:spec": { "f:minAvailable": {} } })));
    const by = { by: "kubectl-edit", at: time };
    assert.deepEqual(taken, [
      {
        part: "cluster",
        object: "PodDisruptionBudget/vllm-pdb",
        fix: "update",
        kind: "taken",
        field: "spec.minAvailable",
        ...by,
      },
    ]);
    const edited = { ...budget, spec: { ...(budget.spec as object), minAvailable: 1 } };
    const [changed, ...more] = objectDrift(
      budget,
      liveOf(edited, owned({ "f:spec": { "f:minAvailable": {} } })),
    );
    assert.deepEqual(more, []);
    assert.deepEqual({ kind: changed?.kind, by: changed?.by, at: changed?.at }, { kind: "changed", ...by });
  });

  it("is that it is missing where it is not there", () => {
    const [namespace] = programObjects(plan, undefined, []);
    assert.ok(namespace);
    assert.deepEqual(
      objectDrift(namespace, undefined).map(({ kind, object }) => [kind, object]),
      [["missing", "Namespace/ml"]],
    );
  });
});

describe("a fingerprint of drift", () => {
  const one: Drift = { part: "cluster", kind: "changed", object: "A/a", field: "x", fix: "update" };

  it("is the same at another time, for other values and in another order, and another one for another field", () => {
    const other: Drift = { ...one, field: "y" };
    const later: Drift = { ...one, found: "3", by: "kubectl", at: "2026-11-01T03:00:00Z" };
    assert.equal(fingerprintOf([one, other]), fingerprintOf([other, later]));
    assert.notEqual(fingerprintOf([one]), fingerprintOf([other]));
    assert.notEqual(fingerprintOf([one]), fingerprintOf([]));
  });
});

describe("what is ignored", () => {
  const of = (field: string): Drift => ({
    part: "cluster",
    kind: "added",
    object: "A/a",
    field,
    fix: "update",
  });

  it("is a field with all below it, or a whole object, each with its reason", () => {
    const all = [of("spec.x"), of("spec.xy"), of("spec.x.y"), { ...of("spec.x"), object: "A/b" }];
    const { drifts, ignored } = sortIgnored(all, [{ path: "A/a:spec.x", reason: "meant" }]);
    assert.deepEqual(drifts, [all[1], all[3]]);
    assert.deepEqual(ignored, [
      { drift: all[0], reason: "meant" },
      { drift: all[2], reason: "meant" },
    ]);
    assert.equal(sortIgnored(all, [{ path: "A/a", reason: "meant" }]).drifts.length, 1);
  });
});

describe("a state as it is exported", () => {
  it("is the objects without secret values, what the state remembers, and whether something is unfinished", () => {
    const secret = {
      "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
      ciphertext: "v1:x",
    };
    const metadata = { name: "x" };
    const resource = (kind: string, data: object) => ({
      type: `kubernetes:core/v1:${kind}`,
      inputs: { apiVersion: "v1", kind, metadata, __defaults: [], data },
    });
    const identity = { version: 1, state: "s", cluster: "c" };
    const exported = JSON.stringify({
      deployment: {
        resources: [
          resource("ConfigMap", { plain: "a", marked: secret }),
          resource("Secret", { key: "c2VjcmV0" }),
          { ...resource("ConfigMap", {}), delete: true },
          {
            type: "command:local:Command",
            inputs: { environment: { VLLM_PLATFORM_IDENTITY: JSON.stringify(identity) } },
          },
        ],
        pending_operations: [{}],
      },
    });
    assert.deepEqual(appliedState(exported), {
      objects: [
        { apiVersion: "v1", kind: "ConfigMap", metadata, data: { plain: "a" } },
        { apiVersion: "v1", kind: "Secret", metadata },
      ],
      identity,
      isUnfinished: true,
    });
    assert.deepEqual(appliedState("{}"), { objects: [], isUnfinished: false });
  });
});
