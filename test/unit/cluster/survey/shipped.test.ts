// Does NOT prove that an update stops there; test/engine/doctor.test.ts runs pulumi and gpu-mode against it.
import assert from "node:assert/strict";
import { isSandbox } from "../../../../cluster/api/connection.ts";
import { blindSurvey } from "../../../../cluster/survey/index.ts";
import { refuseShipped, refuseShippedUnseen } from "../../../../cluster/survey/shipped.ts";
import { apiOf, paths, plan } from "../requirements/cases.ts";

const connection = { kubeconfig: "k", context: "kwok-sandbox", identifier: "x" };

describe("what the repository ships", () => {
  it("is refused all at once, with keys, values and both ways on", async () => {
    await assert.rejects(refuseShipped(apiOf({}), plan), {
      name: "RefusedError",
      message: [
        "Pulumi.yaml does not say yet what your cluster is; nothing was changed.",
        '  Pulumi.yaml: route.host (found: "vllm.home.jetzinger.com"): is the host that this repository ships, and a certificate for it is not yours to ask for. Set it, which `gpu-mode init` does from what the cluster tells; if it really is yours, add route.host to `vllm-platform:confirmed`.',
        '  Pulumi.yaml: gpuNode.card (found: "NVIDIA GeForce RTX 3060"): is the card that this repository ships, and no node has the GPU\'s label. Set it, which `gpu-mode init` does from what the cluster tells; if it really is yours, add gpuNode.card to `vllm-platform:confirmed`.',
      ].join("\n"),
    });
  });

  it("asks for no node where the card is set or confirmed", async () => {
    const nobody = apiOf(new Proxy({}, { get: () => assert.fail("a node was asked for") }));
    const confirmed = {
      ...plan.settings,
      confirmed: ["route.host", "gpuNode.card"] as typeof plan.settings.confirmed,
    };
    await refuseShipped(nobody, { ...plan, settings: confirmed });
    const { route, gpuNode } = plan.settings;
    const own = {
      ...plan.settings,
      route: { ...route, host: "llm.example.org" },
      gpuNode: { ...gpuNode, card: { ...gpuNode.card, name: "NVIDIA GeForce RTX 3090", memoryMiB: 24_576 } },
    };
    await refuseShipped(nobody, { ...plan, settings: own });
  });

  it("is no matter of a mode without route and server", async () => {
    const { route: _, ...closed } = plan;
    await refuseShipped(apiOf({ [paths.gpuNodes]: { items: [] } }), { ...closed, serves: false });
  });

  it("is the host alone where the cluster does not answer, and nothing in the sandbox", async () => {
    assert.throws(() => refuseShippedUnseen(plan), /route\.host(?![\s\S]*gpuNode\.card \()/);
    const options = { plan, stack: "ml", folder: ".", source: async () => ({ commit: "c", committed: "" }) };
    await assert.rejects(blindSurvey({ ...options, sandbox: false }, "no answer"), /route\.host/);
    assert.equal((await blindSurvey({ ...options, sandbox: true }, "no answer")).warnings.length, 1);
  });

  it("knows the sandbox by the context that its environment names, and no other cluster in the same shell", () => {
    const environment = { VLLM_PLATFORM_SANDBOX_CONTEXT: "kwok-sandbox" };
    assert.equal(isSandbox(connection, environment), true);
    assert.equal(isSandbox({ ...connection, context: "my-k3s" }, environment), false);
    assert.equal(isSandbox(connection, {}), false);
  });
});
