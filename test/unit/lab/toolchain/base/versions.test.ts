// Does not prove that the versions work together, only that each is written down once and the same everywhere.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { goModules } from "../../../../../lab/toolchain/base/cache.ts";
import { parts } from "../../../../../lab/toolchain/base/parts.ts";
import { versions } from "../../../../../lab/toolchain/base/versions.ts";

const root = new URL("../../../../../", import.meta.url);

describe("versions of the toolchain", () => {
  const pinned: [string, string, string][] = [
    ["pulumi", "github.com/pulumi/pulumi/pkg/v3", `v${versions.pulumi}`],
    ["pulumi-language-nodejs", "github.com/pulumi/pulumi/sdk/v3", `v${versions.languageHost}`],
    ["pulumi-kubernetes", "github.com/pulumi/pulumi-kubernetes/provider/v4", versions.kubernetesPluginModule],
    ["etcd", "go.etcd.io/etcd/server/v3", `v${versions.etcd}`],
    ["kubernetes", "k8s.io/kubernetes", `v${versions.kubernetes}`],
    ["kwok", "sigs.k8s.io/kwok", `v${versions.kwok}`],
    ["traefik", "github.com/traefik/traefik/v3", `v${versions.traefik}`],
    ["actionlint", "github.com/rhysd/actionlint", `v${versions.actionlint}`],
    ["ollama", "github.com/ollama/ollama", `v${versions.ollama}`],
    ["kubernetes-node", "k8s.io/kubernetes", `v${versions.kubernetes}`],
    ["containerd", "github.com/containerd/containerd/v2", `v${versions.containerd}`],
    ["runc", "github.com/opencontainers/runc", `v${versions.runc}`],
    ["cni", "github.com/containernetworking/plugins", `v${versions.cniPlugins}`],
    ["coredns", "github.com/coredns/coredns", `v${versions.coredns}`],
    ["kube-router", "github.com/cloudnativelabs/kube-router/v2", `v${versions.kubeRouter}`],
  ];
  for (const [folder, module, version] of pinned) {
    it(`go/${folder}/go.mod requires ${module} ${version}`, () => {
      const text = readFileSync(join(goModules, folder, "go.mod"), "utf8");
      const found = text.split("\n").map((line) =>
        line
          .replace(/^require\s+/, "")
          .trim()
          .split(/\s+/),
      );
      assert.equal(found.find(([name]) => name === module)?.[1], version);
    });
  }

  for (const part of parts) {
    it(`go/${part.module} asks for no newer Go than ${versions.go}, for ${part.name}`, () => {
      const text = readFileSync(join(goModules, part.module, "go.mod"), "utf8");
      const wanted = /^go (\d+\.\d+)/m.exec(text)?.[1];
      assert.ok(
        wanted !== undefined && Number(wanted.split(".")[1]) <= Number(versions.go.split(".")[1]),
        `go ${wanted}`,
      );
    });
  }

  it("plugins have the versions of the npm packages", () => {
    const { dependencies } = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as {
      dependencies: Record<string, string>;
    };
    assert.equal(dependencies["@pulumi/pulumi"], versions.pulumi);
    assert.equal(dependencies["@pulumi/kubernetes"], versions.kubernetesPlugin);
    assert.equal(dependencies["@pulumi/command"], versions.commandPlugin);
    assert.equal(dependencies["@pulumi/random"], versions.randomPlugin);
  });
});
