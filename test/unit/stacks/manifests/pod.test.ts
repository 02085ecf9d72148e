// Does NOT prove that a kubelet ends a pod which fills the disk, nor that a driver gives a volume to a group.
import assert from "node:assert/strict";
import { podTemplate } from "../../../../stacks/manifests/pod.ts";
import { planTexts } from "../support.ts";

const podOf = (settings: string) =>
  podTemplate(
    planTexts("ml", "{}", {
      ml: `config: {vllm-platform:model: Qwen/Qwen2.5-7B-Instruct-AWQ, ${settings}}`,
    }),
  ).spec;

describe("the server's pod", () => {
  it("cannot fill the node's disk, neither by its scratch nor by its logs", () => {
    const { containers, volumes } = podOf("vllm-platform:resources: {ephemeralStorage: 4Gi}");
    assert.equal(containers[0]?.resources.limits["ephemeral-storage"], "4Gi");
    assert.equal(containers[0]?.resources.requests["ephemeral-storage"], "1Gi");
    assert.deepEqual(
      volumes.find(({ name }) => name === "scratch"),
      { name: "scratch", emptyDir: { sizeLimit: "4Gi" } },
    );
  });

  it("may write to its volume as another user, and leaves a folder of the node as it is", () => {
    const groupOf = (settings: string) => {
      const { fsGroup, fsGroupChangePolicy } = podOf(settings).securityContext as Record<string, unknown>;
      return [fsGroup, fsGroupChangePolicy];
    };
    const user = "vllm-platform:security: {runAsUser: 2000}";
    assert.deepEqual(groupOf(`${user}, vllm-platform:cache: {claim: {}}`), [2000, "OnRootMismatch"]);
    assert.deepEqual(groupOf(user), [undefined, undefined]);
    assert.deepEqual(groupOf("vllm-platform:cache: {claim: {}}"), [undefined, undefined]);
  });
});
