// Does NOT prove that Traefik understands the objects, nor that an API server accepts them: tests on real ones do.
import assert from "node:assert/strict";
import { planFrom } from "../../../../stacks/index.ts";
import { manifestsOf } from "../../../../stacks/manifests/index.ts";
import type { Plan } from "../../../../stacks/plan/index.ts";
import { servedModel, withNeeded } from "../support.ts";

const gateway = { enabled: true, host: "llm.home.example.org" };

const planOf = (values: Record<string, unknown>, mode = "ml"): Plan =>
  planFrom(
    {
      mode,
      values: withNeeded({ model: servedModel, ...values }),
      fileOf: () => `Pulumi.${mode}.yaml`,
      secretKeys: new Set<string>(),
    },
    "",
  );

/** The gateway's objects, by their kind and name. */
function objectsOf(plan: Plan): Record<string, unknown> {
  const own = manifestsOf(plan).filter(
    ({ metadata: { labels } }) => labels?.["app.kubernetes.io/component"] === "gateway",
  );
  return Object.fromEntries(own.map((one) => [`${one.kind}/${one.metadata.name}`, one]));
}

function specOf<Spec>(plan: Plan, title: string): Spec {
  const one = objectsOf(plan)[title] as { spec: Spec } | undefined;
  return one?.spec ?? assert.fail(`there is no ${title}`);
}

describe("the gateway's objects", () => {
  it("are none unless asked for, and the plan's hash is as it was without that setting", () => {
    assert.deepEqual(objectsOf(planOf({})), {});
    assert.equal(planOf({ gateway: { host: gateway.host } }).hash, planOf({}).hash);
    assert.notEqual(planOf({ gateway }).hash, planOf({}).hash);
  });

  it("are the same in every mode", () => {
    const other = planOf({ gateway, model: "TheBloke/deepseek-coder-6.7B-instruct-AWQ" }, "coder");
    assert.notEqual(other.server.model, planOf({ gateway }).server.model);
    assert.deepEqual(objectsOf(other), objectsOf(planOf({ gateway })));
  });

  it("ask the server first, then a Service of the platform's own, and never on account of a wrong name", () => {
    interface Failover {
      failover: Record<"service" | "fallback", { name: string; port: number }> & {
        errors: { status: string[]; maxRequestBodyBytes: number };
      };
    }
    const { service, fallback, errors } = specOf<Failover>(
      planOf({ gateway }),
      "TraefikService/llm-gateway",
    ).failover;
    assert.deepEqual([service.name, service.port], ["vllm-api", 8000]);
    assert.deepEqual([fallback.name, fallback.port], ["llm-gateway-cpu", 11_434]);
    assert.ok(objectsOf(planOf({ gateway }))["Service/llm-gateway-cpu"]);
    assert.deepEqual(errors, { status: ["502-504"], maxRequestBodyBytes: 8 * 1024 ** 2 });
  });

  it("find Ollama by the labels of its pods", () => {
    const selector = (values: object) =>
      specOf<{ selector: object }>(planOf({ gateway: { ...gateway, ...values } }), "Service/llm-gateway-cpu")
        .selector;
    assert.deepEqual(selector({}), { "app.kubernetes.io/name": "ollama" });
    assert.deepEqual(selector({ ollama: { podLabels: { app: "ollama" } } }), { app: "ollama" });
  });

  it("let in the API alone, behind the address list, from outside and by each name of the Service", () => {
    interface Routes {
      entryPoints: string[];
      routes: { match: string; middlewares: { name: string }[] }[];
    }
    const told = (title: string) => {
      const { entryPoints, routes } = specOf<Routes>(planOf({ gateway }), title);
      return routes.map(({ match, middlewares }) => [entryPoints[0], match, middlewares[0]?.name]);
    };
    assert.deepEqual(told("IngressRoute/llm-gateway"), [
      ["websecure", "Host(`llm.home.example.org`) && PathPrefix(`/v1/`)", "llm-gateway-access"],
    ]);
    assert.deepEqual(told("IngressRoute/llm-gateway-http"), [
      ["web", "Host(`llm.home.example.org`)", "llm-gateway-https-redirect"],
      [
        "web",
        "(Host(`llm-gateway.ml`) || Host(`llm-gateway.ml.svc`) || Host(`llm-gateway.ml.svc.cluster.local`) || Host(`llm-gateway`)) && PathPrefix(`/v1/`)",
        "llm-gateway-access",
      ],
    ]);
  });

  it("say who answered, and keep the server's key from Ollama", () => {
    const headers = (name: string) =>
      specOf<{ headers: object }>(planOf({ gateway }), `Middleware/${name}`).headers;
    assert.deepEqual(headers("llm-served-by-gpu"), { customResponseHeaders: { "x-served-by": "gpu" } });
    assert.deepEqual(headers("llm-served-by-cpu"), {
      customRequestHeaders: { Authorization: "" },
      customResponseHeaders: { "x-served-by": "cpu" },
    });
  });

  it("keep an error that comes in parts from the client, for the same statuses that fall over", () => {
    const plan = planOf({ gateway });
    const { service, errors } = specOf<{
      failover: { service: { middlewares: object[] }; errors: { status: string[] } };
    }>(plan, "TraefikService/llm-gateway").failover;
    assert.deepEqual(service.middlewares, [{ name: "llm-served-by-gpu" }, { name: "llm-gpu-errors" }]);
    assert.deepEqual(specOf(plan, "Middleware/llm-gpu-errors"), {
      errors: {
        status: errors.status,
        query: "/",
        service: { kind: "TraefikService", name: "noop@internal" },
      },
    });
  });

  it("have a certificate of their own from the route's issuer, also where there is no route", () => {
    const plan = planOf({
      gateway,
      route: { enabled: false, issuer: "home-ca", certificate: { duration: "1000h" } },
    });
    assert.deepEqual(specOf(plan, "Certificate/llm-gateway-tls"), {
      secretName: "llm-gateway-tls",
      duration: "1000h",
      renewBefore: "720h",
      dnsNames: ["llm.home.example.org"],
      issuerRef: { name: "home-ca", kind: "ClusterIssuer" },
    });
  });
});

describe("the NetworkPolicy", () => {
  const admitsTraefik = (values: Record<string, unknown>) =>
    JSON.stringify(manifestsOf(planOf(values)).find(({ kind }) => kind === "NetworkPolicy")).includes(
      "traefik",
    );

  it("admits Traefik where there is a route or a gateway, and nowhere else", () => {
    assert.ok(admitsTraefik({}));
    assert.ok(admitsTraefik({ gateway, route: { enabled: false } }));
    assert.ok(!admitsTraefik({ route: { enabled: false } }));
  });
});
