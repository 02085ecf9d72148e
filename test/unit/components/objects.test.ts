// Does NOT prove that an API server knows these kinds under these paths; the engine tests do that.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { runtime } from "@pulumi/pulumi";
import { blindSurvey } from "../../../cluster/survey/index.ts";
import { VllmPlatform } from "../../../components/index.ts";
import { planFrom } from "../../../stacks/index.ts";
import { declaredObjects } from "../../../stacks/manifests/index.ts";
import type { Plan } from "../../../stacks/plan/index.ts";
import { possibleObjects } from "../../../stacks/vocabulary/objects.ts";
import { withNeeded } from "../stacks/support.ts";

const project = fileURLToPath(new URL("../../..", import.meta.url));
const { version: packageVersion } = createRequire(import.meta.url)("@pulumi/kubernetes/package.json") as {
  version: string;
};
const model = "Qwen/Qwen2.5-7B-Instruct-AWQ";

interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
}

interface Declared {
  manifests: Manifest[];
  commands: string[];
  provider: Record<string, unknown>;
}

async function declare(plan: Plan): Promise<Declared> {
  let provider: Record<string, unknown> = {};
  const manifests: Manifest[] = [];
  const commands: string[] = [];
  await runtime.setMocks(
    {
      newResource({ type, name, inputs }) {
        if (type.startsWith("kubernetes:")) manifests.push(inputs as Manifest);
        if (type.startsWith("command:")) commands.push(name);
        if (type === "pulumi:providers:kubernetes") provider = inputs as Record<string, unknown>;
        return { id: `${name}-id`, state: { ...inputs, stdout: "", result: "generated" } };
      },
      call: () => assert.fail("nothing is called"),
    },
    "vllm-platform",
    plan.mode,
    false,
  );
  const survey = await blindSurvey(
    {
      plan,
      stack: plan.mode,
      folder: project,
      source: async () => ({ commit: "unknown", committed: "" }),
    },
    "a test",
  );
  new VllmPlatform("vllm", {
    plan,
    survey,
    identity: { state: "a state" },
    connection: { kubeconfig: "none", context: "none", identifier: "test" },
    huggingFaceToken: "token",
  });
  await runtime.disconnect();
  return { manifests, commands, provider };
}

const identity = ({
  apiVersion,
  kind,
  name,
  namespace,
}: {
  apiVersion: string;
  kind: string;
  name: string;
  namespace?: string | undefined;
}) => `${apiVersion} ${kind} ${namespace ?? "-"}/${name}`;

const planOf = (values: Record<string, unknown>): Plan =>
  planFrom(
    {
      mode: "ml",
      values: withNeeded({ model, ...values }),
      fileOf: () => "Pulumi.ml.yaml",
      secretKeys: new Set(["huggingFaceToken"]),
    },
    project,
  );

describe("the provider", () => {
  it("is told to take over what exists, by every package that knows how", async () => {
    const { provider } = await declare(planOf({}));
    const [major = 0, minor = 0] = packageVersion.split(".").map(Number);
    const knows = major > 4 || (major === 4 && minor >= 29);
    assert.equal(provider.upsertExistingObjects, knows ? "true" : undefined);
    assert.equal(provider.enableServerSideApply, "true");
  });
});

describe("the list of declared objects", () => {
  const cases: [string, Record<string, unknown>][] = [
    ["a mode as shipped", {}],
    ["a mode that does not serve", { serve: false, model: undefined }],
    ["all options", { apiKey: true, huggingFaceToken: "hf_x", cache: { claim: {} } }],
    ["no public route", { route: { enabled: false } }],
    ["a gateway", { gateway: { enabled: true, host: "llm.home.example.org" } }],
    ["an Ollama in a volume", { ollama: { enabled: true } }],
    ["an Ollama in a folder of the node", { ollama: { enabled: true, hostPath: "/var/lib/ollama" } }],
    [
      "a model for an Ollama that is there",
      { gateway: { enabled: true, host: "llm.home.example.org", ollama: { createModel: true } } },
    ],
  ];
  for (const [name, values] of cases) {
    it(`is what the components declare: ${name}`, async () => {
      const plan = planOf(values);
      const { manifests, commands } = await declare(plan);
      assert.deepEqual(
        manifests.map(({ metadata, ...rest }) => identity({ ...rest, ...metadata })).sort(),
        declaredObjects(plan).map(identity).sort(),
      );
      assert.deepEqual(commands.sort(), [
        ...["vllm-adoption", "vllm-guard"],
        // Who serves nothing needs no node.
        ...(plan.serves ? ["vllm-node-check"] : []),
        ...["vllm-removal", "vllm-served", "vllm-tidy"],
      ]);
      for (const object of declaredObjects(plan)) assert.ok(possibleObjects.includes(object));
    });
  }
});
