// Does NOT prove what a node really keeps in a folder: it is judged by its path alone, and a link is not followed.
import assert from "node:assert/strict";
import { refusalOf, settingsOf } from "../support.ts";

const system = "this folder is the operating system's";
const kubernetes = "this folder is that of Kubernetes and its containers";
const more = "this folder holds more than model files";

const refused: [folder: string, reason: string][] = [
  ["/", more],
  ["/etc", system],
  ["/etc/", system],
  ["/etc/kubernetes/manifests", system],
  ["/usr/local/share/models", system],
  ["/boot", system],
  ["/proc", "this folder is the kernel's"],
  ["/sys/fs", "this folder is the kernel's"],
  ["/dev/shm", "this folder is the kernel's"],
  ["/run/k3s/containerd", "this folder is that of running programs"],
  ["/var/run", "this folder is that of running programs"],
  ["/var/lib/kubelet/pods", kubernetes],
  ["/var/lib/rancher/k3s/server/manifests", kubernetes],
  ["/opt/cni/bin", kubernetes],
  ["/var", more],
  ["/var/lib", more],
  ["/home", more],
  ["/home/anna", more],
  ["/root", more],
  ["/root/models", "this folder is in root's home"],
  ["/home/anna/.ssh", "keys are kept in this folder"],
];

const accepted = [
  "/var/lib/vllm/huggingface",
  "/var/lib/vllm/",
  "/mnt",
  "/mnt/models",
  "/data/hf..cache",
  "/home/anna/models",
  "/home/anna/.cache/huggingface",
  "/root/.cache/huggingface",
  "/etcetera",
  "/opt/models",
  "/srv",
];

describe("the folder of the model files", () => {
  for (const [folder, reason] of refused) {
    it(`is not ${folder}`, () => {
      assert.deepEqual(
        refusalOf(() => settingsOf({ cache: { hostPath: folder } })),
        [
          `Pulumi.ml.yaml: cache.hostPath (found: ${JSON.stringify(folder)}): ${reason}, and the server's container, which is root, could write to all of it. Name a folder for model files alone, such as /var/lib/vllm/huggingface.`,
        ],
      );
    });
  }

  it("is no folder of others for another user than root either", () => {
    assert.match(
      refusalOf(() => settingsOf({ cache: { hostPath: "/etc" }, security: { runAsUser: 1000 } })).join(),
      /this folder is the operating system's, and the server's container would get all of it\. Name a folder/,
    );
  });

  for (const folder of accepted) {
    it(`may be ${folder}`, () => {
      assert.equal(settingsOf({ cache: { hostPath: folder } }).cache.hostPath, folder);
    });
  }

  for (const folder of [
    "models",
    "../models",
    "/..",
    "/var/lib/../../etc",
    "/var/./lib",
    "//etc",
    "/var//lib",
    "/a/..",
  ]) {
    it(`is an absolute path without a way up or around, and not ${folder}`, () => {
      assert.match(
        refusalOf(() => settingsOf({ cache: { hostPath: folder } })).join(),
        /cache\.hostPath \(found: .*must be an absolute path without blanks, ':', '\/\/', '\.' and '\.\.'/,
      );
    });
  }
});
