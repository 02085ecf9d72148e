// Does NOT prove that what is told is so; test/engine/doctor.test.ts and init.test.ts run the commands against a cluster.
import assert from "node:assert/strict";
import { doctorText } from "../../../cli/doctor.ts";
import { proposalText } from "../../../cli/init.ts";

describe("the words of gpu-mode doctor", () => {
  const cluster = { server: "https://cluster", context: "home" };

  it("are a row for each item, its fix below, and a sentence with the sum", () => {
    assert.deepEqual(
      doctorText({
        mode: "ml",
        cluster,
        findings: [
          { item: "GPU node", state: "ok", found: "nuc is on" },
          { item: "Ollama", state: "warning", found: "not ready", fix: "See why" },
          { item: "SSH", state: "unknown", found: "not set" },
        ],
      }),
      [
        "✔ ok       GPU node  nuc is on",
        "! warning  Ollama    not ready",
        "                     → See why",
        "? unknown  SSH       not set",
        "",
        "Nothing stands in the way of mode ml: 1 ok, 1 warning (Ollama), 1 unknown (SSH).",
      ],
    );
  });

  it("say how many faults are to be fixed", () => {
    const fault = { item: "Traefik", state: "fault", found: "missing", fix: "Install it" } as const;
    const last = (count: number) =>
      doctorText({ mode: "r1", cluster, findings: Array.from({ length: count }, () => fault) }).at(-1);
    assert.equal(last(1), "Mode r1 cannot work before the fault is fixed: 1 fault (Traefik).");
    assert.equal(last(2), "Mode r1 cannot work before the 2 faults are fixed: 2 faults (Traefik).");
  });
});

describe("the words of gpu-mode init", () => {
  it("are the difference, the reasons, and what is left to the person", () => {
    const lines = proposalText({
      file: "/project/Pulumi.yaml",
      changes: [
        { path: ["route", "host"], from: "a", value: "b", why: "--host" },
        { path: ["gpuNode", "card", "usableGiB"], from: 1, value: undefined, why: "not known" },
      ],
      byHand: [{ key: "gpuNode.toolkit", why: "no label", look: "`nvidia-ctk --version`" }],
      diff: "--- Pulumi.yaml\tas it is\n+++ Pulumi.yaml\tas proposed\n@@ -1 +1 @@\n-a\n+b\n",
    });
    assert.deepEqual(lines, [
      ...["--- Pulumi.yaml\tas it is", "+++ Pulumi.yaml\tas proposed", "@@ -1 +1 @@", "-a", "+b", "Why:"],
      "  route.host: --host",
      "  gpuNode.card.usableGiB (left out): not known",
      "",
      "To be looked at by you, as the cluster does not tell it:",
      "  gpuNode.toolkit: no label; `nvidia-ctk --version`",
    ]);
  });

  it("say that there is nothing to write", () => {
    assert.deepEqual(proposalText({ file: "/p/Pulumi.yaml", changes: [], byHand: [], diff: "" }), [
      "/p/Pulumi.yaml says of this cluster what it tells: nothing to write.",
    ]);
  });
});
