// Does not prove that the parts take it; test/node starts them.
import assert from "node:assert/strict";
import { parse } from "yaml";
import {
  containerdConfiguration,
  corefile,
  kubeletConfiguration,
  networkConfiguration,
  pauseImage,
  policyArguments,
  proxyConfiguration,
  runtimeHandler,
} from "../../../../lab/node/configuration.ts";

describe("what a real node's parts are told", () => {
  it("containerd: the handler that the RuntimeClass names, and no image that would have to be pulled", () => {
    const text = containerdConfiguration("/a folder/node", { runc: "/runc", plugins: "/plugins" });
    assert.equal(runtimeHandler, "nvidia");
    assert.match(text, /containerd\.runtimes\.nvidia\]\n {2}runtime_type = "io\.containerd\.runc\.v2"/);
    assert.match(text, /root = "\/a folder\/node\/containerd"/);
    assert.ok(text.includes(`sandbox = "${pauseImage}"`));
  });

  it("the kubelet: to answer whom it knows, and to change nothing of the machine's kernel", () => {
    const options = { certificateAuthority: "/ca", cgroup: "/group", port: 1, resolvConf: "/resolv" };
    const told = parse(kubeletConfiguration(options)) as Record<string, unknown>;
    assert.deepEqual(told.authentication, {
      anonymous: { enabled: false },
      webhook: { enabled: false },
      x509: { clientCAFile: "/ca" },
    });
    assert.equal(told.address, "127.0.0.1");
    assert.equal(told.protectKernelDefaults, true);
    assert.equal(told.cgroupRoot, "/group");
  });

  it("kube-proxy: to leave the machine's connection tracking alone", () => {
    const { conntrack, mode } = parse(proxyConfiguration("/kubeconfig", "node")) as {
      conntrack: Record<string, unknown>;
      mode: string;
    };
    assert.equal(mode, "nftables");
    assert.deepEqual([...new Set(Object.values(conntrack))], [0, "0s"]);
  });

  it("kube-router: to enforce policies, and to leave Services and routes to others", () => {
    const told = policyArguments("/kubeconfig", "node");
    assert.deepEqual(
      told.filter((argument) => argument.startsWith("--run-")),
      ["--run-firewall=true", "--run-router=false", "--run-service-proxy=false"],
    );
  });

  it("the network's plugin: addresses that are forgotten with the node", () => {
    const { plugins } = JSON.parse(networkConfiguration()) as { plugins: { ipam: { dataDir: string } }[] };
    assert.match(plugins[0]?.ipam.dataDir ?? "", /^\/run\//);
  });

  it("CoreDNS: names of the cluster, and nobody to ask further", () => {
    assert.doesNotMatch(corefile("/kubeconfig"), /forward/);
  });
});
