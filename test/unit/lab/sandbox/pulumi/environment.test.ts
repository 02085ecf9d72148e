// Does NOT prove that pulumi and kubectl heed these variables; the engine tests let them.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { delimiter, join } from "node:path";
import fc from "fast-check";
import { contextName } from "../../../../../lab/sandbox/base/cluster-config.ts";
import { projectRoot, sandboxPaths } from "../../../../../lab/sandbox/base/paths.ts";
import {
  childEnvironment,
  sandboxVariables,
  shellCode,
  unsetVariables,
} from "../../../../../lab/sandbox/pulumi/environment.ts";
import { shellQuote } from "../../../../../system/shell-quote.ts";

const toolchain = { bin: "/cache/a view/bin" };
const paths = sandboxPaths("/tmp/it's here/sandbox");

/** What a shell has after running code. */
function shell(code: string, env: Record<string, string>): Record<string, string> {
  const script = `${code}\n"$0" -e 'console.log(JSON.stringify(process.env))'`;
  const { stdout } = spawnSync("/bin/sh", ["-c", script, process.execPath], { encoding: "utf8", env });
  return JSON.parse(stdout) as Record<string, string>;
}

describe("the sandbox's environment", () => {
  const variables = sandboxVariables(paths, toolchain, `/usr/bin${delimiter}/bin`);

  it("has everything of the sandbox in the sandbox's folder", () => {
    const own = ["KUBECONFIG", "VLLM_PLATFORM_KUBECONFIG", "VLLM_PLATFORM_SANDBOX", "PULUMI_HOME"] as const;
    for (const name of [
      ...own,
      "KUBECACHEDIR",
      "VLLM_PLATFORM_PROJECT",
      "PULUMI_CONFIG_PASSPHRASE_FILE",
      "PULUMI_OPTION_CWD",
    ]) {
      assert.ok(variables[name]?.startsWith(paths.dir), `${name}=${variables[name]}`);
    }
    assert.equal(variables.PULUMI_BACKEND_URL, `file://${paths.state}`);
    assert.equal(variables.VLLM_PLATFORM_CONTEXT, contextName);
    assert.equal(variables.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION, "true");
  });

  it("puts the shim, the toolchain and the clone's packages first on PATH, each once", () => {
    const first = [paths.bin, toolchain.bin, join(projectRoot, "node_modules", ".bin")];
    assert.deepEqual(variables.PATH?.split(delimiter), [...first, "/usr/bin", "/bin"]);
    assert.equal(sandboxVariables(paths, toolchain, variables.PATH).PATH, variables.PATH);
  });

  it("hands a child what this process has, but nothing that leads out of the sandbox", () => {
    const saved = { ...process.env };
    try {
      for (const name of unsetVariables) process.env[name] = "elsewhere";
      process.env.KUBECONFIG = "/home/me/.kube/config";
      process.env.OF_THE_USER = "kept";
      const child = childEnvironment(variables);
      assert.deepEqual(
        unsetVariables.filter((name) => name in child),
        [],
      );
      assert.equal(child.KUBECONFIG, paths.kubeconfig);
      assert.equal(child.OF_THE_USER, "kept");
    } finally {
      // In place of it, an object would be read by JavaScript alone: Node.js itself asks the real environment.
      for (const name of Object.keys(process.env)) if (!(name in saved)) delete process.env[name];
      Object.assign(process.env, saved);
    }
  });

  it("is the same in a shell that evaluates its code, once or twice", () => {
    const code = shellCode(paths, toolchain);
    const foreign = Object.fromEntries(unsetVariables.map((name) => [name, "elsewhere"]));
    const before = { PATH: `/usr/bin${delimiter}/bin`, KUBECONFIG: "/home/me/.kube/config", ...foreign };
    const seen = shell(code + code, before);
    const inShell = { ...variables, VLLM_PLATFORM_PROJECT: paths.files };
    for (const [name, value] of Object.entries(inShell)) assert.equal(seen[name], value, name);
    for (const name of unsetVariables) assert.equal(name in seen, false, name);
  });

  it("quotes any word for a shell", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (word) => {
        fc.pre(!word.includes("\0"));
        const { stdout } = spawnSync("/bin/sh", ["-c", `printf %s ${shellQuote(word)}`], {
          encoding: "utf8",
        });
        assert.equal(stdout, word);
      }),
      { numRuns: 50 },
    );
    assert.equal(shellQuote("plain/word-1.2"), "plain/word-1.2");
  });
});
