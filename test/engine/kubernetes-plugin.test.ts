// Does NOT prove anything of Helm's charts and of kustomizations, which register what they hold in the same way, nor of a
// plugin that was downloaded.
import assert from "node:assert/strict";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot } from "../../lab/sandbox/base/paths.ts";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { pulumiOn } from "../support/pulumi.ts";
import { kubectlOn } from "../support/sandbox.ts";
import { sharedSandbox } from "../support/shared-sandbox.ts";

/** One object each of the group without a name, of a named group, and of a custom resource. */
const manifest = `
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: default}
data: {a: b}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: budget, namespace: default}
spec: {minAvailable: 1, selector: {matchLabels: {app: a}}}
---
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: access, namespace: default}
spec: {ipAllowList: {sourceRange: [10.0.0.0/8]}}
`;

describe("the Kubernetes plugin, one file of whose SDK is replaced", function () {
  this.timeout(120_000);
  let sandbox: Sandbox;
  let project: string;

  before(async () => {
    sandbox = await sharedSandbox();
    project = join(sandbox.dir, "manifests");
    await mkdir(project);
    await symlink(join(projectRoot, "node_modules"), join(project, "node_modules"));
    const description = { name: "manifests", runtime: { name: "nodejs", options: { typescript: false } } };
    await writeFile(join(project, "Pulumi.yaml"), JSON.stringify(description));
    await writeFile(join(project, "package.json"), JSON.stringify({ main: "index.js" }));
    const program = `new (require("@pulumi/kubernetes").yaml.v2.ConfigGroup)("group", { yaml: ${JSON.stringify(manifest)} });`;
    await writeFile(join(project, "index.js"), program);
  });

  async function pulumi(...args: string[]): Promise<string> {
    const { code, output } = await pulumiOn(sandbox, args, { PULUMI_OPTION_CWD: project });
    assert.equal(code, 0, output);
    return output;
  }

  it("declares what a manifest holds, under the types that the official one gives them", async () => {
    await pulumi("stack", "init", "test");
    await pulumi("up", "--yes", "--skip-preview", "-s", "test");
    const { deployment } = JSON.parse(await pulumi("stack", "export", "-s", "test")) as {
      deployment: { resources: { type: string; id?: string }[] };
    };
    assert.deepEqual(
      deployment.resources
        .filter(({ id }) => id?.startsWith("default/"))
        .map(({ type, id }) => [type, id])
        .sort(),
      [
        ["kubernetes:core/v1:ConfigMap", "default/settings"],
        ["kubernetes:policy/v1:PodDisruptionBudget", "default/budget"],
        ["kubernetes:traefik.io/v1alpha1:Middleware", "default/access"],
      ],
    );
    const all = ["configmap/settings", "poddisruptionbudget/budget", "middleware/access"];
    await kubectlOn(sandbox, ["get", "-n", "default", ...all]);
  });

  it("sees no difference afterwards", () => pulumi("preview", "--expect-no-changes", "-s", "test"));
});
