// Does NOT prove how the Kubernetes provider reads a path: that it goes by the user database was seen by running it.
import assert from "node:assert/strict";
import { resolveConnection, whyAmbiguous } from "../../../../cluster/api/connection.ts";
import { RefusedError } from "../../../../system/errors.ts";

describe("the cluster that is meant", () => {
  const cluster = { identifier: "home-lab", context: "my-k3s", kubeconfig: "/etc/k3s.yaml" };

  it("is the one that the environment names, else the config's; an empty variable names none", () => {
    assert.deepEqual(resolveConnection(cluster, {}), cluster);
    assert.deepEqual(
      resolveConnection(cluster, { VLLM_PLATFORM_KUBECONFIG: "/other", VLLM_PLATFORM_CONTEXT: "lab" }),
      { ...cluster, kubeconfig: "/other", context: "lab" },
    );
    assert.deepEqual(
      resolveConnection(cluster, { VLLM_PLATFORM_KUBECONFIG: "", VLLM_PLATFORM_CONTEXT: "" }),
      cluster,
    );
  });

  it("is refused where no context is named", () => {
    assert.throws(() => resolveConnection({ identifier: "home-lab" }, {}), /cluster\.context: neither/);
  });

  it("is refused where its kubeconfig is another file to each program that reads it", () => {
    const refusal = (cluster: { kubeconfig?: string }, environment: NodeJS.ProcessEnv): string => {
      try {
        resolveConnection({ identifier: "home-lab", context: "my-k3s", ...cluster }, environment);
      } catch (error) {
        assert.ok(error instanceof RefusedError);
        return error.message.split("\n").at(-1)?.trim() ?? "";
      }
      return "";
    };
    assert.equal(
      refusal({ kubeconfig: "k3s.yaml" }, {}),
      'cluster.kubeconfig (found: "k3s.yaml"): a relative path is another file to each program that reads it. Write the whole path of the file.',
    );
    assert.match(
      refusal({ kubeconfig: "/k" }, { VLLM_PLATFORM_KUBECONFIG: "./k" }),
      /^VLLM_PLATFORM_KUBECONFIG/,
    );
    assert.equal(whyAmbiguous("~/k", { here: "/home/a", known: "/home/a" }), undefined);
    assert.equal(whyAmbiguous("~/k", { here: "/home/a", known: undefined }), undefined);
    assert.equal(
      whyAmbiguous("~/k", { here: "/home/a", known: "/root" }),
      "`~` is /home/a by $HOME, and /root to the Kubernetes provider, which asks the user database",
    );
  });
});
