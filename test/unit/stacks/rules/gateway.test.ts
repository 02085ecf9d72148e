// Does NOT prove that Traefik would do what these rules take it to do; the tests on a real one do.
import assert from "node:assert/strict";
import { refusalOf, settingsOf } from "../support.ts";

const host = "llm.home.example.org";
const refused = (values: Record<string, unknown>) =>
  refusalOf(() => settingsOf(values)).map((line) => line.replace("Pulumi.ml.yaml: ", ""));

describe("a gateway", () => {
  it("is off unless asked for, and then needs nothing", () => {
    const { gateway } = settingsOf({ fallback: { ollamaUrl: "http://192.0.2.9:11434" } });
    assert.equal(gateway.enabled, false);
  });

  it("without a host, with Ollama elsewhere and labels of no pod, is told all of it at once", () => {
    assert.deepEqual(
      refused({
        gateway: { enabled: true, ollama: { podLabels: {} } },
        fallback: { ollamaUrl: "http://ollama.apps.svc.cluster.local:11434" },
      }),
      [
        "gateway.host: is missing; the gateway and its certificate are for a host. Name one whose DNS name leads to Traefik, such as llm.home.example.org, or set gateway.enabled: false.",
        'fallback.ollamaUrl (found: "http://ollama.apps.svc.cluster.local:11434"): is not in namespace ml, and the gateway needs Ollama there: Traefik leads to Services of other namespaces, or outside the cluster, only where it was started so. Install Ollama in namespace ml, or have the platform bring it (ollama.enabled: true), and name it as http://ollama.ml.svc.cluster.local:11434; or set gateway.enabled: false.',
        "gateway.ollama.podLabels (found: {}): names no label, and so no pod of Ollama. Name a label that only Ollama's pods have: `kubectl get pods -n ml --show-labels`, or remove it for the default.",
      ],
    );
  });

  it("takes every spelling of a Service beside it", () => {
    for (const name of ["ollama.ml", "ollama-slim.ml.svc", "ollama.ml.svc.cluster.local"]) {
      const { gateway } = settingsOf({
        gateway: { enabled: true, host },
        fallback: { ollamaUrl: `http://${name}:11434` },
      });
      assert.ok(gateway.enabled);
    }
  });

  it("has a host of its own, while there is a public route", () => {
    const gateway = { enabled: true, host };
    assert.deepEqual(refused({ gateway, route: { host } }), [
      'gateway.host (found: "llm.home.example.org"): is route.host, too; a host leads either to the server alone or to the gateway. Name another one, or close the public route with route.enabled: false.',
    ]);
    assert.equal(settingsOf({ gateway, route: { host, enabled: false } }).gateway.host, host);
  });
});

describe("an Ollama of the platform's own", () => {
  it("is where clients are sent, and has one place for its models, no folder of the system's", () => {
    assert.deepEqual(
      refused({
        ollama: { enabled: true, hostPath: "/etc", claim: {} },
        fallback: { ollamaUrl: "http://nas:11434" },
      }),
      [
        "ollama.hostPath (found: \"/etc\"): this folder is the operating system's, and Ollama's container, which is root, could write to all of it. Name a folder for models alone, such as /var/lib/ollama.",
        'fallback.ollamaUrl (found: "http://nas:11434"): is not the Ollama that ollama.enabled brings, and clients would be sent past it. Remove it; the default is http://ollama.ml.svc.cluster.local:11434. Or set ollama.enabled: false and use the one that is there.',
        "ollama.claim (found: {}): excludes ollama.hostPath, and both are set. Remove one of the two.",
      ],
    );
  });
});
