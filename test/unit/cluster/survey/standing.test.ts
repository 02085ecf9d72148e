// Does not prove what Pulumi lists for a state that is new; test/engine/ownership-identity.test.ts previews one.
import assert from "node:assert/strict";
import { changedFields } from "../../../../cluster/fields/changes.ts";
import { type Standing, standingText } from "../../../../cluster/survey/standing.ts";
import { apiKeyObject, claimObject, deploymentObject } from "../../../../stacks/vocabulary/objects.ts";

const pod = (args: string[], more: object = {}) => ({
  spec: { template: { spec: { containers: [{ name: "vllm", args, ...more }] } } },
});

describe("the fields that a declaration changes", () => {
  it("are those declared that are otherwise, and no default of the cluster", () => {
    const live = {
      ...pod(["--model", "a"], { terminationMessagePath: "/dev/termination-log" }),
      metadata: { annotations: { "vllm-platform/x": "1", kept: "y" } },
    };
    assert.deepEqual(changedFields(pod(["--model", "a"]), live), []);
    assert.deepEqual(
      changedFields(
        { ...pod(["--model", "b"]), metadata: { annotations: { "vllm-platform/x": "2" } } },
        live,
      ),
      ["spec.template.spec.containers[vllm].args", 'metadata.annotations["vllm-platform/x"]'],
    );
  });

  it("are not those that the API server leaves out, as they are zero", () => {
    const zeros = { seconds: 0, flag: false, text: "", list: [] };
    assert.deepEqual(changedFields(zeros, {}), []);
    assert.deepEqual(
      changedFields(zeros, { seconds: 1, flag: true, text: "a", list: [1] }),
      Object.keys(zeros),
    );
  });

  it("are also entries of a list that come or go, by name", () => {
    const list = (...names: string[]) => ({ env: names.map((name) => ({ name })) });
    assert.deepEqual(changedFields(list("a", "b"), list("b", "c")), ["env[a]", "env[c]"]);
    assert.deepEqual(changedFields({ list: [1, 2] }, { list: [1] }), ["list"]);
    assert.deepEqual(changedFields({ a: { b: 1 } }, {}), ["a"]);
  });
});

describe("what stands in the cluster when another stack takes it over", () => {
  const one = (object: Standing["object"], declared: object, live: object): Standing =>
    ({ object, declared: { apiVersion: "v1", kind: object.kind, ...declared }, live }) as unknown as Standing;

  it("is counted, with what changes of it and what is made", () => {
    const annotations = (number: string) => ({ annotations: { "vllm-platform/switch": number } });
    const standing = [
      one(claimObject, { data: { mode: "r1" } }, { data: { mode: "ml" } }),
      one(
        deploymentObject,
        { metadata: annotations("2"), ...pod(["r1"]) },
        { metadata: annotations("1"), ...pod(["ml"]) },
      ),
    ];
    assert.equal(
      standingText(standing, [apiKeyObject]),
      "2 objects are in the cluster already, and are taken over as they stand. Changed: Deployment/vllm-server (spec.template.spec.containers[vllm].args). Made: Secret/vllm-api-key.",
    );
    assert.match(standingText(standing.slice(0, 1), []) ?? "", /^1 object is .*\. Nothing of it changes\.$/);
    assert.equal(standingText([], [deploymentObject]), undefined, "nothing is there");
  });
});
