// Does NOT prove that NVIDIA's runtime or a real vLLM is content with what the pod may do: a stub is in the container, and it is
// looked into from within.
import assert from "node:assert/strict";
import { chownSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { firstProcessFile } from "../../lab/node/index.ts";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { configure } from "../support/configure.ts";
import { up } from "../support/pulumi.ts";
import { startRealNode } from "../support/real-node.ts";
import { freshSandbox, kubectlOn } from "../support/sandbox.ts";

/** What a process in the server's container has and may. */
interface Inside {
  readonly uid: number;
  readonly gid: number;
  /** Of the container's first process: fields of `/proc/1/status`. */
  readonly status: Readonly<Record<string, string>>;
  /** Whether something can be written there, folders and what lies above them made where that is possible. */
  readonly writable: Readonly<Record<string, boolean>>;
  /** What is not allowed, by what is tried. */
  readonly tried: Readonly<Record<string, string>>;
  readonly token: boolean;
  /** Variables by which Services would be known. */
  readonly services: readonly string[];
}

const look = `
const fs = require("node:fs");
const outcome = (work) => { try { work(); return "done"; } catch ({ code }) { return code; } };
const write = (folder) => {
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(folder + "/tried", "by the test");
};
const { HF_HOME, VLLM_CACHE_ROOT, TRITON_CACHE_DIR, TORCHINDUCTOR_CACHE_DIR, HOME } = process.env;
const folders = { HF_HOME, VLLM_CACHE_ROOT, TRITON_CACHE_DIR, TORCHINDUCTOR_CACHE_DIR, HOME, shm: "/dev/shm", image: "/srv" };
console.log(JSON.stringify({
  uid: process.getuid(),
  gid: process.getgid(),
  status: Object.fromEntries(fs.readFileSync("/proc/1/status", "utf8").split("\\n").map((line) => line.split(":\\t"))),
  writable: Object.fromEntries(
    Object.entries(folders).filter(([, folder]) => folder).map(([name, folder]) => [name, outcome(() => write(folder)) === "done"]),
  ),
  tried: {
    "another user": outcome(() => process.setuid(1234)),
    "another owner": outcome(() => fs.chownSync("/dev/shm/tried", 1234, 1234)),
    "a setting of the kernel": outcome(() => fs.writeFileSync("/proc/sys/kernel/hostname", "other")),
  },
  token: fs.existsSync("/var/run/secrets/kubernetes.io"),
  services: Object.keys(process.env).filter((name) => /^VLLM_API_|_SERVICE_HOST$/.test(name)),
}));`;

describe("the hardened pod on a node that a kubelet runs", () => {
  let sandbox: Sandbox;
  let node: string;
  before(async function () {
    sandbox = await freshSandbox();
    node = await startRealNode(sandbox, this);
  });
  after(() => sandbox?.remove());

  async function inside(): Promise<Inside> {
    const [name] = await serverPods();
    const exec = ["exec", "-n", "ml", `${name}`, "--", "node", "-e", look];
    return JSON.parse(await kubectlOn(sandbox, exec)) as Inside;
  }
  const serverPods = async (): Promise<string[]> =>
    (await kubectlOn(sandbox, ["get", "pods", "-n", "ml", "-l", "app=vllm-server", "-o", "name"]))
      .split("\n")
      .filter(Boolean);
  /** A path as the node's own processes have it. */
  const onNode = (path: string): string =>
    join("/proc", readFileSync(firstProcessFile(node), "utf8").trim(), "root", path);

  function isConfined({ status, tried, token, services }: Inside): void {
    for (const kind of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]) {
      assert.equal(status[kind], "0000000000000000", kind);
    }
    assert.deepEqual([status.NoNewPrivs, status.Seccomp], ["1", "2"]);
    assert.deepEqual(
      [...new Set(Object.values(tried))].filter((code) => !/^E(PERM|ACCES|ROFS)$/.test(code)),
      [],
      JSON.stringify(tried),
    );
    assert.deepEqual([token, services], [false, ["KUBERNETES_SERVICE_HOST"]]);
  }
  const caches = {
    HF_HOME: true,
    VLLM_CACHE_ROOT: true,
    TRITON_CACHE_DIR: true,
    TORCHINDUCTOR_CACHE_DIR: true,
    HOME: true,
    shm: true,
  };

  it("is root without a capability, and keeps the models in a folder that the kubelet has made", async () => {
    configure(sandbox, "ml", { cache: { hostPath: "/var/lib/models/of-nobody" } });
    await up(sandbox, "ml");
    const found = await inside();
    assert.deepEqual([found.uid, found.gid], [0, 0]);
    isConfined(found);
    assert.deepEqual(found.writable, { ...caches, image: true });
    const kept = onNode("/var/lib/models/of-nobody");
    const { uid, mode } = statSync(kept);
    assert.deepEqual([uid, mode & 0o777], [0, 0o755]);
    assert.equal(readFileSync(join(kept, "tried"), "utf8"), "by the test");
  });

  it("is another user where that is set, and can write to all but the image, and to the folder once it is the user's", async () => {
    configure(sandbox, "ml", {
      cache: { hostPath: "/var/lib/models/of-root" },
      security: { runAsUser: 1000 },
    });
    await up(sandbox, "ml");
    const made = await inside();
    isConfined(made);
    assert.equal(made.uid, 1000);
    const writable = { ...caches, image: false };
    assert.deepEqual(made.writable, { ...writable, HF_HOME: false });
    chownSync(onNode("/var/lib/models/of-root"), 1000, 1000);
    assert.deepEqual((await inside()).writable, writable);
  });
});
